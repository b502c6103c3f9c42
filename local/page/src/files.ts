import type { ContentBlock } from './bedrock.ts'

const IMAGES: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', gif: 'gif', webp: 'webp' }
const DOCUMENTS = new Set(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'])
const VIDEOS = new Set(['mp4', 'mov', 'mkv', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', '3gp'])

/** File of the visitor as a content block of Converse. `source` is its bytes or its place in S3. */
export interface Attachment {
  readonly name: string
  readonly block: ContentBlock
}

/** Bytes of a body that API Gateway accepts (10 MB), less a part for base64 and the rest of the request. */
export const MAX_INLINE_BYTES = 4_500_000

/** @throws Error that names the file and the kinds that Converse takes */
export async function readAttachment(file: File): Promise<Attachment> {
  if (file.size > MAX_INLINE_BYTES) {
    throw new Error(
      `${file.name} has ${file.size} bytes; at most ${MAX_INLINE_BYTES} fit into a request. Upload it under Jobs.`,
    )
  }
  return attach(file.name, { bytes: toBase64(new Uint8Array(await file.arrayBuffer())) })
}

/** Names a file by its kind, with any source. */
export function attach(name: string, source: { bytes: string } | { s3Location: { uri: string } }): Attachment {
  const ending = name.split('.').at(-1)?.toLowerCase() ?? ''
  const image = IMAGES[ending]
  if (image) return { name, block: { image: { format: image, source } } }
  if (VIDEOS.has(ending)) return { name, block: { video: { format: ending, source } } as ContentBlock }
  if (DOCUMENTS.has(ending))
    return { name, block: { document: { format: ending, name: toDocumentName(name), source } } }
  throw new Error(
    `${name}: its ending is none of ${[...Object.keys(IMAGES), ...VIDEOS, ...DOCUMENTS].join(', ')}, which Converse takes.`,
  )
}

/** Converse allows only these characters in the name of a document. */
function toDocumentName(name: string): string {
  const plain = name
    .replace(/\.[^.]*$/, '')
    .replaceAll(/[^a-zA-Z0-9\s\-()[\]]/g, '-')
    .replaceAll(/\s+/g, ' ')
  return plain.trim() === '' ? 'document' : plain
}

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let start = 0; start < bytes.length; start += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)))
  }
  return btoa(parts.join(''))
}
