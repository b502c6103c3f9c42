import { createHash } from 'node:crypto'
import type { ChecksumAlgorithm } from '../model.ts'
import type { BlobReader } from '../storage/blob-directory.ts'
import { createChecksum, renderDigest } from './checksums.ts'
import type { BodyDigest, DigestedBody } from './incoming-body.ts'

/** Bytes of a stored object, on their way into another one. */
export class StoredBody implements DigestedBody {
  readonly #reader: BlobReader
  readonly #algorithm: ChecksumAlgorithm | undefined
  #digest: BodyDigest | undefined

  constructor(reader: BlobReader, algorithm: ChecksumAlgorithm | undefined) {
    this.#reader = reader
    this.#algorithm = algorithm
  }

  get digest(): BodyDigest {
    if (!this.#digest) throw new Error('the body has not been read')
    return this.#digest
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const md5 = createHash('md5')
    const algorithm = this.#algorithm
    const checksum = algorithm && createChecksum(algorithm)
    try {
      for await (const piece of this.#reader) {
        md5.update(piece)
        checksum?.update(piece)
        yield piece
      }
    } finally {
      this.#reader.close()
    }
    const value = checksum && (await renderDigest(checksum))
    this.#digest = {
      etag: md5.digest('hex'),
      checksum: algorithm && value !== undefined ? { algorithm, value, type: 'FULL_OBJECT' } : undefined,
    }
  }
}
