import { findRules, type ImageLimits } from '@bedrock-functions/runtime/models'
import { mediaMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { hasFormat, type PixelSize, readPixelSize } from './media-format.ts'
import type { ContentBlock, MediaBlock, Turn } from './types.ts'

/** Most media of a request. Source: API reference, ContentBlock and Message. Images and documents have rules of their own. */
const MAX_COUNTS = { video: 1, audio: 1 } as const
const MAX_DOCUMENTS = 5
/** Source: API reference, DocumentBlock. */
const MAX_DOCUMENT_BYTES = 4_718_592
/** Most bytes of all media of a request, decoded. A PDF of 22 MB was taken, one of 25 MB was not (measured on Sonnet 4.6). */
const MAX_MEDIA_BYTES = 25_000_000

/** Allowed document names. The model reads a name, so dots and slashes are refused. Underscores are taken, as recorded. */
const DOCUMENT_NAME = /^(?!.*\s\s)[A-Za-z0-9_\s\-()[\]]{1,200}$/s

/** Limits of one request. */
interface MediaLimits {
  readonly images: ImageLimits | undefined
  /** True if the images are so many that smaller ones are required. */
  readonly hasManyImages: boolean
  readonly largeDocuments: readonly string[]
  /** False for an account's own resource, behind which any model may be. */
  readonly isKnown: boolean
}

/** Checks number, size, format and position of media in a conversation, also in tool results, by the model's limits. */
export function checkMedia(turns: readonly Turn[], { requestedId }: Pick<Model, 'requestedId'>): void {
  const media = turns.flatMap(({ blocks, path }) => collectMedia(blocks, [...path, 'content'].join('.')))
  const count = (kind: MediaBlock['kind']): number => media.filter(({ block }) => block.kind === kind).length
  for (const [kind, limit] of Object.entries(MAX_COUNTS) as [keyof typeof MAX_COUNTS, number][]) {
    if (count(kind) > limit) throw validationError(messages.tooMany(kind, count(kind), limit))
  }
  const rules = findRules(requestedId)
  const { images, largeDocuments = [], readsS3 = false } = rules ?? {}
  checkDocuments(media, readsS3)
  if (images && count('image') > images.count) {
    throw validationError(messages.tooManyImages(count('image'), images.count))
  }
  const hasManyImages = count('image') > (images?.manyCount ?? Number.POSITIVE_INFINITY)
  const limits = { images: images ?? undefined, hasManyImages, largeDocuments, isKnown: rules !== undefined }
  for (const { block, place } of media) checkMedium(block, place, limits)
  const total = media.reduce(
    (bytes, { block: { source } }) => bytes + (source.kind === 'bytes' ? source.bytes.length : 0),
    0,
  )
  if (total > MAX_MEDIA_BYTES) throw validationError(messages.tooLong)
}

interface PlacedMedium {
  readonly block: MediaBlock
  readonly place: string
}

function collectMedia(blocks: readonly ContentBlock[], path: string): PlacedMedium[] {
  return blocks.flatMap((block, index) => {
    const place = `${path}.${index}`
    if (block.kind === 'toolResult') return collectMedia(block.blocks, `${place}.content`)
    return 'source' in block ? [{ block, place }] : []
  })
}

/** Models that read S3 take more documents from there. */
function checkDocuments(media: readonly PlacedMedium[], readsS3: boolean): void {
  const documents = media.map(({ block }) => block).filter(({ kind }) => kind === 'document')
  const inRequest = documents.filter(({ source }) => !(readsS3 && source.kind === 'location'))
  if (inRequest.length > MAX_DOCUMENTS) throw validationError(messages.tooManyDocuments(MAX_DOCUMENTS))
  const names = documents.flatMap(({ name }) => name ?? [])
  if (new Set(names).size < names.length) throw validationError(messages.documentNameRepeated)
}

function checkMedium(block: MediaBlock, place: string, limits: MediaLimits): void {
  const { kind, format, name, source } = block
  if (kind === 'document' && name !== undefined && !DOCUMENT_NAME.test(name)) {
    throw validationError(messages.documentName)
  }
  if (source.kind !== 'bytes') return
  if (format === '') throw validationError(messages.documentFormat(place))
  const { length } = source.bytes
  if (kind === 'image' && limits.images && length > limits.images.bytes) {
    const [sent, most] = [length, limits.images.bytes].map((bytes) => Math.ceil(bytes / 3) * 4) as [number, number]
    throw validationError(messages.imageTooLarge(place, sent, most))
  }
  const isLimited = limits.isKnown && kind === 'document' && !limits.largeDocuments.includes(format)
  if (isLimited && length > MAX_DOCUMENT_BYTES) throw validationError(messages.documentTooLarge)
  if (!hasFormat(source.bytes, format)) throw validationError(messages.unreadable(kind, format, place))
  if (kind === 'image' && limits.images) checkPixels(readPixelSize(source.bytes, format), place, limits.images, limits)
}

function checkPixels(
  size: PixelSize | undefined,
  place: string,
  { pixels, manyPixels = pixels }: ImageLimits,
  { hasManyImages }: MediaLimits,
): void {
  if (!size) return
  const longest = Math.max(size.width, size.height)
  if (longest > pixels) throw validationError(messages.tooManyPixels(place, size.width, size.height, pixels))
  if (hasManyImages && longest > manyPixels) throw validationError(messages.tooManyPixelsOfMany(place, manyPixels))
}

/** Checks that a message with a document has text, as Converse requires. ValidationException otherwise. */
export function checkDocumentsHaveText(turns: readonly Turn[]): void {
  const wordless = turns.find(({ blocks }) => has(blocks, 'document') && !has(blocks, 'text'))
  if (wordless) throw validationError(messages.documentNeedsText)
}

function has(blocks: readonly ContentBlock[], wanted: ContentBlock['kind']): boolean {
  return blocks.some(({ kind }) => kind === wanted)
}
