import { createHash } from 'node:crypto'
import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import type { Checksum, ChecksumAlgorithm } from '../model.ts'
import {
  algorithmOfHeader,
  CHECKSUM_ALGORITHMS,
  checkChecksumValue,
  checksumHeader,
  createChecksum,
  parseAlgorithm,
  renderDigest,
} from './checksums.ts'
import { decodeChunks, type Trailers } from './decode-chunks.ts'

/** Limit of one PutObject or part. Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const MAX_BODY_BYTES = 5 * 1024 ** 3

/** Digests of a body that was received as announced. */
export interface BodyDigest {
  /** MD5 in hexadecimal. */
  readonly etag: string
  /** Undefined when the client requested none. */
  readonly checksum: Checksum | undefined
}

/** Bytes on their way into the store, with their digests. */
export interface DigestedBody extends AsyncIterable<Uint8Array> {
  /** Available after the last byte. */
  readonly digest: BodyDigest
}

/**
 * A request's body without its framing, checked while it is read: an error follows the last piece when length,
 * Content-MD5, x-amz-content-sha256 or a checksum (of header or trailer) does not match.
 */
export class IncomingBody implements DigestedBody {
  readonly #request: S3Request
  readonly #length: number
  readonly #algorithm: ChecksumAlgorithm | undefined
  #digest: BodyDigest | undefined

  /** Computes `algorithm` also when the client sends no checksum. S3Error for contradictory headers. */
  constructor(request: S3Request, algorithm?: ChecksumAlgorithm) {
    this.#request = request
    this.#length = announcedLength(request)
    this.#algorithm = announcedAlgorithm(request) ?? algorithm
  }

  get digest(): BodyDigest {
    if (!this.#digest) throw new Error('the body has not been read')
    return this.#digest
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const trailers: Trailers = new Map()
    const { body } = this.#request
    const md5 = createHash('md5')
    const expectedSha256 = plainSha256(this.#request)
    const sha256 = expectedSha256 === undefined ? undefined : createHash('sha256')
    const checksum = this.#algorithm && createChecksum(this.#algorithm)
    let length = 0
    for await (const piece of isChunked(this.#request) ? decodeChunks(body, trailers) : body) {
      length += piece.length
      if (length > this.#length) throw new S3Error('IncompleteBody')
      md5.update(piece)
      sha256?.update(piece)
      checksum?.update(piece)
      yield piece
    }
    if (length !== this.#length) throw new S3Error('IncompleteBody')
    if (sha256 && sha256.digest('hex') !== expectedSha256) throw new S3Error('XAmzContentSHA256Mismatch')
    const digest = md5.digest()
    this.#checkMd5(digest)
    const value = checksum && (await renderDigest(checksum))
    this.#digest = { etag: digest.toString('hex'), checksum: this.#checkChecksum(value, trailers) }
  }

  #checkMd5(digest: Buffer): void {
    const expected = this.#request.header('content-md5')
    if (expected === undefined) return
    if (Buffer.from(expected, 'base64').length !== digest.length) throw new S3Error('InvalidDigest')
    if (digest.toString('base64') !== expected) throw new S3Error('BadDigest')
  }

  #checkChecksum(value: string | undefined, trailers: Trailers): Checksum | undefined {
    const algorithm = this.#algorithm
    if (!algorithm || value === undefined) return undefined
    const name = checksumHeader(algorithm)
    const isInTrailer = this.#request.header('x-amz-trailer')?.toLowerCase() === name
    const expected = this.#request.ownHeader(name) ?? trailers.get(name)
    if (expected === undefined && isInTrailer) throw new S3Error('MalformedTrailerError')
    if (expected !== undefined) {
      checkChecksumValue(algorithm, expected)
      const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`
      if (expected !== value) throw new S3Error('BadDigest', { message })
    }
    return { algorithm, value, type: 'FULL_OBJECT' }
  }
}

/** Reads a small body as text. MalformedXML when it is larger than `maxBytes`. */
export async function readText(body: IncomingBody, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > maxBytes) throw new S3Error('MalformedXML')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function isChunked(request: S3Request): boolean {
  return request.header('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false
}

/** Length of the body without framing, in bytes. */
function announcedLength(request: S3Request): number {
  const header = isChunked(request) ? 'x-amz-decoded-content-length' : 'content-length'
  const isEmpty = request.header('content-length') === undefined && request.header('transfer-encoding') === undefined
  const text = request.header(header) ?? (isEmpty && !isChunked(request) ? '0' : undefined)
  if (text === undefined || !/^\d+$/.test(text)) throw new S3Error('MissingContentLength')
  const length = Number(text)
  if (length <= MAX_BODY_BYTES) return length
  throw new S3Error('EntityTooLarge', { elements: { ProposedSize: length, MaxSizeAllowed: MAX_BODY_BYTES } })
}

/** Algorithm of the checksum in the request, or the one that the client names without a value. */
function announcedAlgorithm(request: S3Request): ChecksumAlgorithm | undefined {
  const inHeaders = CHECKSUM_ALGORITHMS.filter((algorithm) => request.ownHeader(checksumHeader(algorithm)))
  const trailer = algorithmOfHeader(request.header('x-amz-trailer') ?? '')
  const all = trailer ? [...inHeaders, trailer] : inHeaders
  if (all.length > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    })
  }
  const named = request.ownHeader('x-amz-sdk-checksum-algorithm') ?? request.ownHeader('x-amz-checksum-algorithm')
  return all[0] ?? (named === undefined ? undefined : parseAlgorithm(named))
}

/** SHA-256 of the payload, when the client sends it. */
function plainSha256(request: S3Request): string | undefined {
  const value = request.ownHeader('x-amz-content-sha256')
  return value !== undefined && /^[\da-f]{64}$/.test(value) ? value : undefined
}
