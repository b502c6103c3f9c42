import { checksumHeader } from '../body/checksums.ts'
import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import type { Checksum, ObjectHeaders } from '../model.ts'

const SYSTEM_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

const METADATA_PREFIX = 'x-amz-meta-'

/** Limit of names and values together. Source: Amazon S3 User Guide, "Working with object metadata". */
const MAX_METADATA_BYTES = 2048

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream'

/** Reads the headers to store with an object. MetadataTooLarge over the limit. */
export function readObjectHeaders(request: S3Request): ObjectHeaders {
  const system: Record<string, string> = { 'content-type': DEFAULT_CONTENT_TYPE }
  for (const name of SYSTEM_HEADERS) {
    const value = name === 'content-encoding' ? withoutFraming(request.header(name)) : request.header(name)
    if (value) system[name] = value
  }
  const metadata: Record<string, string> = {}
  let bytes = 0
  for (const header of request.headerNames) {
    if (!header.startsWith(METADATA_PREFIX)) continue
    const name = header.slice(METADATA_PREFIX.length)
    metadata[name] = request.header(header) ?? ''
    bytes += Buffer.byteLength(name) + Buffer.byteLength(metadata[name])
  }
  if (bytes <= MAX_METADATA_BYTES) return { system, metadata }
  throw new S3Error('MetadataTooLarge', { elements: { Size: bytes, MaxSizeAllowed: MAX_METADATA_BYTES } })
}

/** Renders the stored headers for a reader. */
export function renderObjectHeaders({ system, metadata }: ObjectHeaders): Record<string, string> {
  const own = Object.entries(metadata).map(([name, value]) => [METADATA_PREFIX + name, value])
  return { ...system, ...Object.fromEntries(own) }
}

export function renderChecksum(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type } : {}
}

/** Removes `aws-chunked`, the framing of the transfer, from the encodings of the object. */
function withoutFraming(encodings: string | undefined): string | undefined {
  const left = encodings?.split(',').filter((encoding) => encoding.trim() !== 'aws-chunked')
  return left?.join(',').trim()
}
