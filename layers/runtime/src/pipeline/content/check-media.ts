import type { JsonValue } from '../../json/json-document.ts'
import type { ImageLimits } from '../../models/model-row.ts'
import { findRules } from '../../models/model-rules.ts'
import { type Block, type Conversation, readBlocks, refuse } from './conversation.ts'

export type MediaKind = 'image' | 'document' | 'video' | 'audio'

const KINDS: ReadonlySet<string> = new Set<MediaKind>(['image', 'document', 'video', 'audio'])

/** Bytes of a request. Source: the service model of bedrock-runtime, the blob of InvokeModelRequest. */
export const MAX_REQUEST_BYTES = 25_000_000

/** Sources: API reference, DocumentBlock; Bedrock user guide, "Inference API restrictions". */
const MAX_DOCUMENTS = 5
const MAX_DOCUMENT_BYTES = 4_718_592

const ADVICE: Readonly<Record<MediaKind, string>> = {
  image: 'Scale it down or compress it',
  document: 'Split it',
  video: 'Name a longer one as s3Location to a model that reads S3',
  audio: 'Cut it into shorter ones',
}

/** The limit of one medium. */
export interface SizeLimit {
  /** Most bytes, decoded. */
  readonly bytes: number
  /** The same for people, for example `3.75 MB`. */
  readonly size: string
  readonly advice: string
}

/** Finds the largest size of a medium that a model takes; where nothing is known, that of the whole request. */
export function findSizeLimit(kind: MediaKind, format: string | undefined, modelId: string): SizeLimit {
  const rules = findRules(modelId)
  const advice = ADVICE[kind]
  if (kind === 'image' && rules?.images) return { bytes: rules.images.bytes, size: '3.75 MB', advice }
  if (kind === 'document' && rules && !rules.largeDocuments?.includes(format ?? '')) {
    return { bytes: MAX_DOCUMENT_BYTES, size: '4.5 MB', advice }
  }
  return { bytes: MAX_REQUEST_BYTES, size: '25 MB', advice }
}

const isMedia = ({ name }: Block): boolean => KINDS.has(name)

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
 * Checks number, size and place of images, documents, videos and audio, by the model's limits. A refusal begins with the
 * words of Bedrock, where they are known.
 *
 * @throws BedrockError ValidationException
 */
export function checkMedia(conversation: Conversation, modelId: string): void {
  const media = collectMedia(conversation)
  const count = (kind: MediaKind): number => media.filter(({ name }) => name === kind).length
  checkImageCount(count('image'), findRules(modelId)?.images)
  if (count('document') > MAX_DOCUMENTS) {
    refuse(
      `The request has ${count('document')} documents, including those of earlier turns: at most ${MAX_DOCUMENTS} are allowed. Leave out those that are no longer needed.`,
    )
  }
  for (const medium of media) checkMedium(medium, modelId)
  for (const { role, blocks, path } of conversation.turns) {
    const misplaced = role === 'assistant' ? blocks.find(isMedia) : undefined
    if (misplaced) refuse(`${misplaced.path} is in a message of the assistant: move it to a message of the role user.`)
    const hasDocument = blocks.some(({ name }) => name === 'document')
    if (hasDocument && !blocks.some(({ name }) => name === 'text')) {
      refuse(`${path}.content has a document and no text: add a text block with the instruction.`)
    }
  }
}

function checkImageCount(count: number, limits: ImageLimits | null | undefined): void {
  if (!limits || count <= limits.count) return
  refuse(
    `The model returned the following errors: too many images and documents: ${count} + 0 > ${limits.count}. Images of earlier turns count. Leave out those that are no longer needed.`,
  )
}

function checkMedium({ name, value, path }: Block, modelId: string): void {
  const source = value?.get('source')
  if (!source && value?.get('bytes')) {
    refuse(`${path}.bytes is in the wrong member: put it into source, {"format": …, "source": {"bytes": …}}.`)
  }
  const encoded = source?.get('bytes')
  if (encoded?.kind !== 'string') return
  const { bytes: limit, size, advice } = findSizeLimit(name as MediaKind, value?.get('format')?.text, modelId)
  // Only a string that could be too long is decoded.
  if ((encoded.end - encoded.start) * 3 <= limit * 4) return
  const length = decodedLength(encoded)
  if (length <= limit) return
  const place = `${path}.source.bytes`
  if (name === 'image') {
    const [sent, most] = [length, limit].map((bytes) => Math.ceil(bytes / 3) * 4)
    refuse(
      `The model returned the following errors: ${place}: image exceeds 5 MB maximum: ${sent} bytes > ${most} bytes. These are bytes in base64, of an image of ${length} bytes; ${limit} (${size}) are allowed. ${advice}.`,
    )
  }
  refuse(
    `${place} has ${length} bytes: ${name === 'audio' ? 'an' : 'a'} ${name} has at most ${limit} (${size}). ${advice}.`,
  )
}

/** Number of bytes that a base64 string encodes. Some encoders escape its slashes. */
function decodedLength({ bytes, text = '' }: JsonValue): number {
  const inner = bytes.subarray(1, -1)
  const length = inner.includes('\\') ? text.length : inner.length
  const padding = /=*$/.exec(inner.toString('latin1', Math.max(0, inner.length - 2)))?.[0].length ?? 0
  return Math.floor(((length - padding) * 3) / 4)
}
