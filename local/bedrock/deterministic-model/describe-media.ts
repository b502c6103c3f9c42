import { TEXT_FORMATS } from '../conversation/citable-source.ts'
import { countPdfPages, readPixelSize } from '../conversation/media-format.ts'
import type { ContentBlock, MediaBlock } from '../conversation/types.ts'
import { quote } from './phrases.ts'

/** Bytes that are enough for a quotation. */
const MAX_QUOTED_BYTES = 1_000

/**
 * Describes each image, document, video and audio by its bytes, so that a client sees that they arrived whole:
 * `I received a PNG image of 640x480 pixels (1234 bytes).`
 */
export function describeMedia(blocks: readonly ContentBlock[]): string[] {
  return blocks.flatMap((block) => ('source' in block ? [`I received ${describe(block)}.`] : []))
}

function describe(block: MediaBlock): string {
  const { kind, format, name, source } = block
  const named = name === undefined ? '' : ` "${name}"`
  const subject = `${article(format || kind)} ${format === '' ? '' : `${format.toUpperCase()} `}${kind}${named}`
  switch (source.kind) {
    case 'location':
      return `${subject} from ${source.uri}`
    case 'text':
      return `${subject} with ${source.text.length} characters of text${quoteText(source.text)}`
    case 'bytes':
      return `${subject}${describeInside(block, source.bytes)} (${source.bytes.length} bytes)${quoteBytes(block, source.bytes)}`
  }
}

function describeInside({ kind, format }: MediaBlock, bytes: Uint8Array): string {
  const size = kind === 'image' ? readPixelSize(bytes, format) : undefined
  if (size) return ` of ${size.width}x${size.height} pixels`
  const pages = format === 'pdf' ? countPdfPages(bytes) : undefined
  return pages === undefined ? '' : ` with ${pages} ${pages === 1 ? 'page' : 'pages'}`
}

function quoteBytes({ kind, format }: MediaBlock, bytes: Uint8Array): string {
  const isText = kind === 'document' && TEXT_FORMATS.includes(format)
  return isText ? quoteText(Buffer.from(bytes.subarray(0, MAX_QUOTED_BYTES)).toString()) : ''
}

function quoteText(text: string): string {
  return text.trim() === '' ? '' : `, "${quote(text)}"`
}

function article(word: string): string {
  return /^[aeiou]|^(html|mp3|mp4|mpeg|mpg|mov|mkv|md|xls|flac|flv|m4a)/i.test(word) ? 'an' : 'a'
}
