import { mediaMessages as messages, validationError } from '../messages.ts'
import { hasFormat, readPixelSize } from './media-format.ts'
import type { ContentBlock, MediaBlock, Turn } from './types.ts'

/** Source: API reference, ContentBlock and Message: images 3.75 MB and 8,000 pixels a side, documents 4.5 MB. */
const LIMITS: Readonly<Record<MediaBlock['kind'], { readonly count: number; readonly bytes: number }>> = {
  image: { count: 20, bytes: 3_932_160 },
  document: { count: 5, bytes: 4_718_592 },
  video: { count: 1, bytes: 25_000_000 },
  audio: { count: 1, bytes: 25_000_000 },
}
const MAX_PIXELS = 8_000

/** Allowed document names. The model reads a name, so dots and slashes are refused. */
const DOCUMENT_NAME = /^(?!.*\s\s)[A-Za-z0-9\s\-()[\]]{1,200}$/s

/** Checks number, size, format and position of media in a conversation, also in tool results. */
export function checkMedia(turns: readonly Turn[]): void {
  const media = turns.flatMap(({ blocks, path }) => collectMedia(blocks, [...path, 'content'].join('.')))
  for (const kind of Object.keys(LIMITS) as MediaBlock['kind'][]) {
    const { length } = media.filter(({ block }) => block.kind === kind)
    if (length > LIMITS[kind].count) throw validationError(messages.tooMany(kind, length, LIMITS[kind].count))
  }
  for (const { block, place } of media) checkMedium(block, place)
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

function checkMedium(block: MediaBlock, place: string): void {
  const { kind, format, name, source } = block
  if (kind === 'document' && name !== undefined && !DOCUMENT_NAME.test(name)) {
    throw validationError(messages.documentName)
  }
  if (source.kind !== 'bytes') return
  if (format === '') throw validationError(messages.documentFormat(place))
  const { length } = source.bytes
  if (length > LIMITS[kind].bytes) throw validationError(messages.tooLarge(kind, place, length, LIMITS[kind].bytes))
  if (!hasFormat(source.bytes, format)) throw validationError(messages.unreadable(kind, format, place))
  const size = kind === 'image' ? readPixelSize(source.bytes, format) : undefined
  if (size && Math.max(size.width, size.height) > MAX_PIXELS) {
    throw validationError(messages.tooManyPixels(place, size.width, size.height, MAX_PIXELS))
  }
}

/** Checks that a message with a document has text, as Converse requires. ValidationException otherwise. */
export function checkDocumentsHaveText(turns: readonly Turn[]): void {
  const wordless = turns.find(({ blocks }) => has(blocks, 'document') && !has(blocks, 'text'))
  if (wordless) throw validationError(messages.documentNeedsText(wordless.path.join('.')))
}

function has(blocks: readonly ContentBlock[], wanted: ContentBlock['kind']): boolean {
  return blocks.some(({ kind }) => kind === wanted)
}
