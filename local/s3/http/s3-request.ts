import { randomBytes } from 'node:crypto'
import type { AnyRequest } from '../../net/dual-protocol-server.ts'
import { S3Error } from './s3-error.ts'

const MAXIMUM_KEY_BYTES = 1024

const REQUEST_ID_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A request as S3 reads it. */
export interface S3Request {
  readonly id: string
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: URLSearchParams
  readonly sourceIpAddress: string
  /** As it comes, framing included. Leaving it early does not end the connection. */
  readonly body: AsyncIterable<Uint8Array>
  /** By lower-case name; a presigned URL may hold `x-amz-` headers in its query. */
  header(name: string): string | undefined
  /** Only from the headers: S3 ignores the checksums of presigned URLs, which SDKs compute of an empty body. */
  ownHeader(name: string): string | undefined
  /** Names of all headers that `header` knows. */
  readonly headerNames: readonly string[]
}

export function createRequestId(): string {
  return Array.from(randomBytes(16), (byte) => REQUEST_ID_ALPHABET[byte % 32]).join('')
}

/**
 * Reads what the request is about, path style (`/bucket/key`) or virtual-host style (`bucket.localhost`). The key is taken
 * byte for byte: `..`, `//` and `+` are characters like any other.
 *
 * InvalidURI for malformed escapes, KeyTooLongError for a key over 1,024 bytes.
 */
export function parseRequest(request: AnyRequest, id: string): S3Request {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/]*/, '') || '/'
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
  const inQuery = headersInQuery(query)
  const ownHeader = (name: string) => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(',') : value
  }
  return {
    id,
    method: request.method ?? 'GET',
    path,
    ...readNames(path, ownHeader(':authority') ?? ownHeader('host') ?? ''),
    query,
    sourceIpAddress: request.socket?.remoteAddress ?? '127.0.0.1',
    body: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
    ownHeader,
    header: (name) => ownHeader(name) ?? inQuery.get(name),
    headerNames: [...new Set([...Object.keys(request.headers), ...inQuery.keys()])],
  }
}

function readNames(path: string, host: string): Pick<S3Request, 'bucket' | 'key'> {
  const [, hostBucket] = /^(.+)\.localhost(?::\d+)?$/.exec(host) ?? []
  const rest = path.slice(1)
  if (hostBucket !== undefined) return { bucket: hostBucket, key: readKey(rest) }
  const slash = rest.indexOf('/')
  const bucket = decode(slash === -1 ? rest : rest.slice(0, slash))
  return { bucket: bucket || undefined, key: slash === -1 ? undefined : readKey(rest.slice(slash + 1)) }
}

function readKey(raw: string): string | undefined {
  const key = decode(raw)
  const size = Buffer.byteLength(key)
  if (size <= MAXIMUM_KEY_BYTES) return key || undefined
  throw new S3Error('KeyTooLongError', { elements: { Size: size, MaxSizeAllowed: MAXIMUM_KEY_BYTES } })
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch (cause) {
    throw new S3Error('InvalidURI', { elements: { URI: raw }, cause })
  }
}

function headersInQuery(query: URLSearchParams): ReadonlyMap<string, string> {
  if (!query.has('X-Amz-Signature')) return new Map()
  const headers = [...query].map(([name, value]) => [name.toLowerCase(), value] as const)
  return new Map(headers.filter(([name]) => /^x-amz-[\w.-]+$/.test(name)))
}
