import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from './errors.ts'

/** Image, audio or file of a request: its bytes, or its location in S3. */
export interface Media {
  /** Media type of a data URL, e.g. `image/png`; undefined for other bytes and locations. */
  readonly mediaType: string | undefined
  /** Extension of a location, in lower case and without the dot. */
  readonly extension: string | undefined
  /** `source` of a block of Converse. */
  readonly source: JsonText
}

const IMAGE_FORMATS = formats('png jpeg gif webp', { jpg: 'jpeg' })
const DOCUMENT_FORMATS = formats('pdf csv doc docx xls xlsx html txt md', {
  htm: 'html',
  markdown: 'md',
  'x-markdown': 'md',
  plain: 'txt',
  msword: 'doc',
  'vnd.ms-excel': 'xls',
  'vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
})

/** Longest beginning of a data URL before its comma. */
const MAX_HEAD_BYTES = 256
const COMMA = 0x2c
const BACKSLASH = 0x5c

/**
 * Reads the URL of an image or a file: `data:…;base64,…` or `s3://…`. Base64 is copied, not decoded.
 *
 * @param param path of the member, for errors
 * @throws BedrockError ValidationException for other URLs: this stack fetches nothing from the URLs of callers
 */
export function readMediaUrl(value: JsonValue, param: string): Media {
  const start = value.bytes.toString('latin1', 1, 8)
  if (start.startsWith('data:')) return readDataUrl(value, param)
  if (start.startsWith('s3:')) return readLocation(value.text ?? '')
  throw invalidRequest(
    param,
    `${param} must be a data URL in base64 (data:image/png;base64,…) or an s3:// URI. Other URLs are not fetched.`,
    'invalid_url',
  )
}

function readDataUrl(value: JsonValue, param: string): Media {
  const { bytes } = value
  const comma = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(COMMA)
  // A slash may be escaped in JSON.
  const head = comma === -1 ? '' : bytes.toString('latin1', 1, comma).replaceAll('\\/', '/')
  const [, mediaType] = /^data:([^;,]+)(?:;[^;,]+)*;base64$/i.exec(head) ?? []
  if (mediaType === undefined || comma + 2 >= bytes.length) {
    throw invalidRequest(
      param,
      `${param} must be a data URL in base64: data:<media type>;base64,<bytes>.`,
      'invalid_url',
    )
  }
  const source = writeObject([['bytes', copyBase64(value, comma + 1)]])
  return { mediaType: mediaType.toLowerCase(), extension: undefined, source }
}

/** Reads bytes in base64 without a data URL. */
export function readBase64(value: JsonValue): Media {
  return { mediaType: undefined, extension: undefined, source: writeObject([['bytes', copyBase64(value, 1)]]) }
}

/** @param start offset of the first digit in the value, whose first byte is a quote */
function copyBase64(value: JsonValue, start: number): JsonText {
  const digits = value.bytes.subarray(start, -1)
  if (!digits.includes(BACKSLASH)) return ['"', digits, '"']
  const text = value.text ?? ''
  return JSON.stringify(text.slice(text.indexOf(',') + 1).replace(/\s/g, ''))
}

function readLocation(uri: string): Media {
  const [, extension] = /\.([a-z0-9]+)$/i.exec(uri) ?? []
  return {
    mediaType: undefined,
    extension: extension?.toLowerCase(),
    source: writeObject([['s3Location', writeObject([['uri', JSON.stringify(uri)]])]]),
  }
}

/** Writes an image block. `param` is the path of its URL. */
export function writeImage({ mediaType, extension, source }: Media, param: string): JsonText {
  const format = IMAGE_FORMATS.get(mediaType?.replace(/^image\//, '') ?? extension ?? '')
  if (format === undefined) {
    throw invalidRequest(
      param,
      `${param} must be an image in the format png, jpeg, gif or webp, by its media type or the extension of its key.`,
      'invalid_image_format',
    )
  }
  return writeObject([
    [
      'image',
      writeObject([
        ['format', JSON.stringify(format)],
        ['source', source],
      ]),
    ],
  ])
}

export interface DocumentOptions {
  /** Name of the file. The pipeline corrects it to a name that Bedrock accepts. */
  readonly filename: string | undefined
  /** `citations` of the block. With them, Claude also sees the pages of a PDF. */
  readonly citations: JsonText | undefined
  /** Path of the bytes, for errors. */
  readonly param: string
}

/** Writes a document block, whose format is that of the file's name, of the key in S3, or of the media type. */
export function writeDocument({ mediaType, extension, source }: Media, options: DocumentOptions): JsonText {
  const { filename, citations, param } = options
  const [, suffix] = /\.([a-z0-9]+)$/i.exec(filename ?? '') ?? []
  const names = [suffix?.toLowerCase(), extension, mediaType?.replace(/^[a-z]+\//, '')]
  const format = names.map((name) => DOCUMENT_FORMATS.get(name ?? '')).find((found) => found !== undefined)
  if (format === undefined) {
    throw invalidRequest(
      param,
      `${param} must be a document (pdf, csv, doc, docx, xls, xlsx, html, txt, md), by its filename or media type.`,
      'invalid_file_format',
    )
  }
  const name = filename?.replace(/\.[a-z0-9]+$/i, '') || 'document'
  const members = writeObject([
    ['format', JSON.stringify(format)],
    ['name', JSON.stringify(name)],
    ['source', source],
    citations === undefined ? undefined : ['citations', citations],
  ])
  return writeObject([['document', members]])
}

function formats(names: string, others: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map([...names.split(' ').map((name) => [name, name] as const), ...Object.entries(others)])
}
