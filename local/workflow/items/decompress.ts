import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'

/** First bytes of compressed files. Sources: RFC 1952 and RFC 8878. */
const FORMATS = [
  { magic: Buffer.from([0x1f, 0x8b]), create: createGunzip },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), create: createZstdDecompress },
] as const

/** Decompresses gzip and zstd, which the first bytes tell; passes anything else on. */
export async function* decompress(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { value: first, done } = await chunks.next()
  if (done) return
  const format = FORMATS.find(({ magic }) => magic.equals(first.subarray(0, magic.length)))
  if (!format) {
    yield first
    yield* chunks
    return
  }
  const stream = format.create()
  const all = async function* () {
    yield first
    yield* chunks
  }
  // Its failure destroys the stream, and so reaches the loop.
  void pipeline(Readable.from(all()), stream).catch(() => undefined)
  yield* stream as AsyncIterable<Uint8Array>
}
