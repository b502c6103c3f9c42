import type { JsonValue } from '../../json/json-document.ts'
import { type Block, type Conversation, readBlocks, refuse } from './conversation.ts'

export type MediaKind = 'image' | 'document' | 'video' | 'audio'

interface Limit {
  /** In one request; undefined where none is documented. */
  readonly count?: number
  /** Bytes of one, decoded. */
  readonly bytes: number
  /** Those bytes as the documentation has them. */
  readonly size: string
  readonly advice: string
}

/** Bytes of a request. Source: the service model of bedrock-runtime, the blob of InvokeModelRequest. */
export const MOST_REQUEST_BYTES = 25_000_000

/** Source: API reference, ContentBlock and Message; a video in the request itself has the request's limit. */
export const MEDIA_LIMITS: Readonly<Record<MediaKind, Limit>> = {
  image: { count: 20, bytes: 3_932_160, size: '3.75 MB', advice: 'Scale it down or compress it' },
  document: { count: 5, bytes: 4_718_592, size: '4.5 MB', advice: 'Split it' },
  video: {
    bytes: MOST_REQUEST_BYTES,
    size: '25 MB',
    advice: 'Name a longer one as s3Location to a model that reads S3',
  },
  audio: { bytes: MOST_REQUEST_BYTES, size: '25 MB', advice: 'Cut it into shorter ones' },
}

const isMedia = ({ name }: Block): boolean => Object.hasOwn(MEDIA_LIMITS, name)

/** All media of a conversation in their order, those in tool results among them. */
export function collectMedia(conversation: Conversation): Block[] {
  const media: Block[] = []
  const collect = (blocks: readonly Block[]): void => {
    for (const block of blocks) {
      if (isMedia(block)) media.push(block)
      if (block.name !== 'toolResult') continue
      collect(readBlocks(block.value?.get('content'), `${block.path}.content`))
    }
  }
  for (const { blocks } of conversation.turns) collect(blocks)
  return media
}

/**
 * Number, size and place of images, documents, videos and audio.
 *
 * @throws BedrockError ValidationException
 */
export function checkMedia(conversation: Conversation): void {
  const media = collectMedia(conversation)
  for (const [kind, { count }] of Object.entries(MEDIA_LIMITS)) {
    const { length } = media.filter(({ name }) => name === kind)
    if (count !== undefined && length > count) {
      refuse(
        `The request has ${length} ${kind}s, those of earlier turns included: at most ${count} are allowed. Leave out those that are no longer needed.`,
      )
    }
  }
  for (const medium of media) checkMedium(medium)
  for (const { role, blocks, path } of conversation.turns) {
    const misplaced = role === 'assistant' ? blocks.find(isMedia) : undefined
    if (misplaced) refuse(`${misplaced.path} stands in a message of the assistant: move it to one of the role user.`)
    const hasDocument = blocks.some(({ name }) => name === 'document')
    if (hasDocument && !blocks.some(({ name }) => name === 'text')) {
      refuse(`${path}.content has a document and no text: add a text block that says what to do with it.`)
    }
  }
}

function checkMedium({ name, value, path }: Block): void {
  const { bytes: limit, size, advice } = MEDIA_LIMITS[name as MediaKind]
  const source = value?.get('source')
  if (!source && value?.get('bytes')) {
    refuse(
      `${path}.bytes is not where Bedrock looks for it: put it into source, {"format": …, "source": {"bytes": …}}.`,
    )
  }
  const encoded = source?.get('bytes')
  // Only a string that could be too long is looked at closely.
  if (encoded?.kind !== 'string' || (encoded.end - encoded.start) * 3 <= limit * 4) return
  const length = decodedLength(encoded)
  if (length > limit)
    refuse(
      `${path}.source.bytes has ${length} bytes: ${name === 'image' || name === 'audio' ? 'an' : 'a'} ${name} has at most ${limit} (${size}). ${advice}.`,
    )
}

/** Bytes that a string stands for in base64, which some encoders write with escaped slashes. */
function decodedLength({ bytes, text = '' }: JsonValue): number {
  const inner = bytes.subarray(1, -1)
  const length = inner.includes('\\') ? text.length : inner.length
  const padding = /=*$/.exec(inner.toString('latin1', Math.max(0, inner.length - 2)))?.[0].length ?? 0
  return Math.floor(((length - padding) * 3) / 4)
}
