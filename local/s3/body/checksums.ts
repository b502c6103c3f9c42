import { createHash } from 'node:crypto'
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc'
import { S3Error } from '../http/s3-error.ts'
import type { Checksum, ChecksumAlgorithm } from '../model.ts'

/** A checksum of bytes that arrive piece by piece. */
export interface RunningChecksum {
  update(bytes: Uint8Array): unknown
  /** Big-endian, as S3 encodes it. */
  digest(): Uint8Array | Promise<Uint8Array>
}

/** Length in bytes and constructor of each algorithm. */
const ALGORITHMS: Readonly<Record<ChecksumAlgorithm, { bytes: number; create: () => RunningChecksum }>> = {
  crc32: { bytes: 4, create: () => new Crc32() },
  crc32c: { bytes: 4, create: () => new Crc32c() },
  crc64nvme: { bytes: 8, create: () => new Crc64Nvme() },
  sha1: { bytes: 20, create: () => createHash('sha1') },
  sha256: { bytes: 32, create: () => createHash('sha256') },
}

export const CHECKSUM_ALGORITHMS = Object.keys(ALGORITHMS) as ChecksumAlgorithm[]

const HEADER_PREFIX = 'x-amz-checksum-'

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADER_PREFIX + algorithm
}

/** Returns the name of the XML element, such as `ChecksumCRC32`. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm.toUpperCase()}`
}

export function createChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  return ALGORITHMS[algorithm].create()
}

/** Parses a header's value, in any case. InvalidRequest for an algorithm that S3 does not have. */
export function parseAlgorithm(value: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === value.toLowerCase())
  if (!algorithm) throw new S3Error('InvalidRequest', { message: 'Checksum algorithm provided is unsupported.' })
  return algorithm
}

/** Finds the algorithm of a header by its name; undefined for other headers. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === name.toLowerCase())
}

/** InvalidRequest unless the value is base64 of as many bytes as the algorithm has. */
export function checkChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString('base64') === value) return
  throw new S3Error('InvalidRequest', { message: `Value for ${checksumHeader(algorithm)} header is invalid.` })
}

/** Returns the checksum in base64. */
export async function renderDigest(checksum: RunningChecksum): Promise<string> {
  return Buffer.from(await checksum.digest()).toString('base64')
}

/** Computes a multipart object's checksum from the checksums of its parts, in order. */
export async function composeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Promise<Checksum> {
  const checksum = createChecksum(algorithm)
  for (const part of parts) checksum.update(Buffer.from(part, 'base64'))
  return { algorithm, value: `${await renderDigest(checksum)}-${parts.length}`, type: 'COMPOSITE' }
}
