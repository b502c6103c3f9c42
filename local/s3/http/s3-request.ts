import { randomBytes } from 'node:crypto'
import type { AnyRequest } from '../../net/dual-protocol-server.ts'
import { S3Error } from './s3-error.ts'

const MAX_KEY_BYTES = 1024

const REQUEST_ID_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A parsed request. */
export interface S3Request {
  readonly id: string
  readonly method: string
  /** Raw path without the query. */
  readonly path: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: URLSearchParams
  readonly sourceIpAddress: string
  /** Raw body, framing included. Leaving the loop early does not end the connection. */
  readonly body: AsyncIterable<Uint8Array>
  /** Value by lower-case name, from the headers or from the query of a presigned URL (`x-amz-` only). */
  header(name: string): string | undefined
  /** Value from the headers alone. S3 ignores checksums in presigned URLs, which SDKs compute of an empty body. */
  ownHeader(name: string): string | undefined
  /** Names of all headers that `header` can return. */
  readonly headerNames: readonly string[]
}

export function createRequestId(): string {
  return Array.from(randomBytes(16), (byte) => REQUEST_ID_ALPHABET[byte % 32]).join('')
}

/**
 * Parses a request in path style (`/bucket/key`) or virtual-host style (`bucket.localhost`). A key may have any
 * characters; `..`, `//` and `+` have no special meaning.
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
  if (size <= MAX_KEY_BYTES) return key || undefined
  throw new S3Error('KeyTooLongError', { elements: { Size: size, MaxSizeAllowed: MAX_KEY_BYTES } })
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
