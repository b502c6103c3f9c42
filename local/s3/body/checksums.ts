import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { S3Error } from '../http/s3-error.ts'
import type { Checksum, ChecksumAlgorithm } from '../model.ts'
import { createCrc32c, createCrc64Nvme, type RunningChecksum } from './crc.ts'

/** By algorithm: bytes of the checksum, and how to make it. */
const ALGORITHMS: Readonly<Record<ChecksumAlgorithm, { bytes: number; create: () => RunningChecksum }>> = {
  crc32: { bytes: 4, create: createCrc32 },
  crc32c: { bytes: 4, create: createCrc32c },
  crc64nvme: { bytes: 8, create: createCrc64Nvme },
  sha1: { bytes: 20, create: () => createHash('sha1') },
  sha256: { bytes: 32, create: () => createHash('sha256') },
}

export const CHECKSUM_ALGORITHMS = Object.keys(ALGORITHMS) as ChecksumAlgorithm[]

const HEADER_PREFIX = 'x-amz-checksum-'

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADER_PREFIX + algorithm
}

/** The element's name in XML: `ChecksumCRC32` and its like. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm.toUpperCase()}`
}

export function createChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  return ALGORITHMS[algorithm].create()
}

/** From a header's value, in any case. InvalidRequest for one that S3 does not have. */
export function parseAlgorithm(value: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === value.toLowerCase())
  if (!algorithm) throw new S3Error('InvalidRequest', { message: 'Checksum algorithm provided is unsupported.' })
  return algorithm
}

/** From a header's name; undefined for other headers. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === name.toLowerCase())
}

/** InvalidRequest when it is not base64 of so many bytes. */
export function checkChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString('base64') === value) return
  throw new S3Error('InvalidRequest', { message: `Value for ${checksumHeader(algorithm)} header is invalid.` })
}

/** The checksum of a multipart object by those of its parts, in order: of their bytes, and how many they are. */
export function composeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): Checksum {
  const checksum = createChecksum(algorithm)
  for (const part of parts) checksum.update(Buffer.from(part, 'base64'))
  return { algorithm, value: `${checksum.digest().toString('base64')}-${parts.length}`, type: 'COMPOSITE' }
}

function createCrc32(): RunningChecksum {
  let crc = 0
  return {
    update(bytes) {
      crc = crc32(bytes, crc)
    },
    digest() {
      const digest = Buffer.alloc(4)
      digest.writeUInt32BE(crc)
      return digest
    },
  }
}
