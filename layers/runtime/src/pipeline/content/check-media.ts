import type { JsonValue } from '../../json/json-document.ts'
import type { ImageLimits } from '../../models/model-row.ts'
import { findRules, readsS3 } from '../../models/model-rules.ts'
import { type Block, type Conversation, readBlocks, refuse } from './conversation.ts'

export type MediaKind = 'image' | 'document' | 'video' | 'audio'

const KINDS: ReadonlySet<string> = new Set<MediaKind>(['image', 'document', 'video', 'audio'])

/**
 * Bytes of the media of a Converse request, decoded. A PDF of 22 MB was taken, one of 25 MB was not (measured on Sonnet 4.6,
 * aws-samples/generative-ai-use-cases#1334).
 */
export const MAX_MEDIA_BYTES = 25_000_000

/**
 * Most documents in a request itself, and most bytes of one. Sources: Bedrock user guide, "API restrictions"; Amazon Nova
 * user guide, "Document understanding" (more of them in S3).
 */
const MAX_DOCUMENTS = 5
const MAX_DOCUMENT_BYTES = 4_718_592

/** Words of Bedrock about a request with more media than MAX_MEDIA_BYTES. */
export const TOO_LONG = 'Input is too long for requested model. '

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
  /** Words of Bedrock, as observed; empty where they are not known. */
  readonly refusal: string
}

/** Finds the largest size of a medium that a model takes; where nothing is known, that of the whole request. */
export function findSizeLimit(kind: MediaKind, format: string | undefined, modelId: string): SizeLimit {
  const rules = findRules(modelId)
  const advice = ADVICE[kind]
  if (kind === 'image' && rules?.images) {
    const refusal = 'The model returned the following errors: image exceeds 5 MB maximum. '
    return { bytes: rules.images.bytes, size: '3.75 MB', advice, refusal }
  }
  // A model that the table does not know may take large documents: Bedrock decides.
  if (kind === 'document' && rules?.family && !rules.largeDocuments?.includes(format ?? '')) {
    const refusal = 'The maximum document size is 4.5 MB. Reduce the size of your document and retry your request. '
    return { bytes: MAX_DOCUMENT_BYTES, size: '4.5 MB', advice, refusal }
  }
  return { bytes: MAX_MEDIA_BYTES, size: '25 MB', advice, refusal: TOO_LONG }
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
  checkDocumentCount(media, modelId)
  for (const medium of media) checkMedium(medium, modelId)
  for (const { role, blocks, path } of conversation.turns) {
    const misplaced = role === 'assistant' ? blocks.find(isMedia) : undefined
    if (misplaced) refuse(`${misplaced.path} is in a message of the assistant: move it to a message of the role user.`)
    const hasDocument = blocks.some(({ name }) => name === 'document')
    // Guarded text may count as text: Bedrock decides.
    if (hasDocument && !blocks.some(({ name }) => name === 'text' || name === 'guardContent')) {
      refuse(
        `A text block must be included when using documents. Add a text block and retry your request. ${path}.content has a document and no text: add the instruction.`,
      )
    }
  }
}

function checkImageCount(count: number, limits: ImageLimits | null | undefined): void {
  if (!limits || count <= limits.count) return
  refuse(
    `The model returned the following errors: too many images and documents: ${count} + 0 > ${limits.count}. Images of earlier turns count. Leave out those that are no longer needed.`,
  )
}

/** A model that reads S3 itself may have more documents there. */
function checkDocumentCount(media: readonly Block[], modelId: string): void {
  const isInS3 = ({ value }: Block): boolean => value?.get('source')?.get('s3Location') !== undefined
  const { length } = media.filter(
    (block) => block.name === 'document' && !(readsS3(modelId) !== false && isInS3(block)),
  )
  if (length <= MAX_DOCUMENTS) return
  refuse(
    `You can't include more than ${MAX_DOCUMENTS} documents in a request. This one has ${length} documents, including those of earlier turns. Leave out those that are no longer needed.`,
  )
}

function checkMedium({ name, value, path }: Block, modelId: string): void {
  const source = value?.get('source')
  if (!source && value?.get('bytes')) {
    refuse(`${path}.bytes is in the wrong member: put it into source, {"format": …, "source": {"bytes": …}}.`)
  }
  const encoded = source?.get('bytes')
  if (encoded?.kind !== 'string') return
  const { bytes: limit, size, advice, refusal } = findSizeLimit(name as MediaKind, value?.get('format')?.text, modelId)
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
    `${refusal}${place} has ${length} bytes: ${name === 'audio' ? 'an' : 'a'} ${name} has at most ${limit} (${size}). ${advice}.`,
  )
}

/** Number of bytes that a base64 string encodes. Some encoders escape its slashes. */
function decodedLength({ bytes, text = '' }: JsonValue): number {
  const inner = bytes.subarray(1, -1)
  const length = inner.includes('\\') ? text.length : inner.length
  const padding = /=*$/.exec(inner.toString('latin1', Math.max(0, inner.length - 2)))?.[0].length ?? 0
  return Math.floor(((length - padding) * 3) / 4)
}
