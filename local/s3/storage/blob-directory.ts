import { mkdirSync } from 'node:fs'
import { type FileHandle, open, readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blob } from '../model.ts'

/** Bodies up to this size are collected and written at once. */
const SMALL_BYTES = 64 * 1024

const READ_BYTES = 256 * 1024

/** Inclusive positions in bytes. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Bytes that stay readable until `close`, also when their blobs are removed. */
export interface BlobReader extends AsyncIterable<Buffer> {
  close(): void
}

/**
 * Bodies as files named `<generation>-<number>`, where a generation is one start of the store; clients choose no file
 * names. A blob is written once, before the record that makes it visible, and never changed.
 */
export class BlobDirectory {
  readonly #directory: string
  readonly #generation: string
  readonly #readers = new Map<string, number>()
  /** Blobs removed while a reader is open. */
  readonly #removedWhileRead = new Set<string>()
  #written = 0

  constructor(directory: string, generation: string) {
    mkdirSync(directory, { recursive: true })
    this.#directory = directory
    this.#generation = generation
  }

  /** Stores `source` with constant memory; undefined for no bytes. When `source` throws, nothing stays. */
  async write(source: AsyncIterable<Uint8Array>): Promise<Blob | undefined> {
    this.#written += 1
    const id = `${this.#generation}-${this.#written}`
    const path = this.#pathOf(id)
    const collected: Uint8Array[] = []
    let size = 0
    let file: FileHandle | undefined
    try {
      for await (const chunk of source) {
        size += chunk.length
        if (file) await writeWhole(file, chunk)
        else collected.push(chunk)
        if (file || size <= SMALL_BYTES) continue
        file = await open(path, 'wx')
        for (const piece of collected.splice(0)) await writeWhole(file, piece)
      }
      if (size === 0) return undefined
      if (!file) await writeFile(path, Buffer.concat(collected), { flag: 'wx' })
      return { id, size }
    } catch (error) {
      this.remove([{ id, size }])
      throw error
    } finally {
      await file?.close()
    }
  }

  /** Reads the bytes of `range` in all `blobs` together, on demand. */
  read(blobs: readonly Blob[], range: ByteRange): BlobReader {
    const pieces = piecesIn(blobs, range)
    for (const { id } of pieces) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    let isOpen = true
    return {
      [Symbol.asyncIterator]: () => this.#readPieces(pieces),
      close: () => {
        if (isOpen) for (const { id } of pieces) this.#release(id)
        isOpen = false
      },
    }
  }

  /** Removes in the background. The next start sweeps files that a crash leaves. */
  remove(blobs: readonly Blob[]): void {
    for (const { id } of blobs) {
      if (this.#readers.has(id)) this.#removedWhileRead.add(id)
      else unlink(this.#pathOf(id)).catch(() => {})
    }
  }

  /** Removes unreferenced files of earlier generations: bodies never accepted, or just replaced. */
  async sweep(isReferenced: (id: string) => boolean): Promise<void> {
    for (const id of await readdir(this.#directory)) {
      if (!id.startsWith(`${this.#generation}-`) && !isReferenced(id)) await unlink(this.#pathOf(id)).catch(() => {})
    }
  }

  async *#readPieces(pieces: readonly Piece[]): AsyncGenerator<Buffer, void, void> {
    for (const { id, first, last } of pieces) {
      const file = await open(this.#pathOf(id), 'r')
      try {
        for (let position = first; position <= last; ) {
          const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES, last + 1 - position))
          const { bytesRead } = await file.read(bytes, 0, bytes.length, position)
          if (bytesRead === 0) throw new Error(`${this.#pathOf(id)} ends at byte ${position} of ${last + 1}`)
          position += bytesRead
          yield bytes.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    }
  }

  #release(id: string): void {
    const others = (this.#readers.get(id) ?? 1) - 1
    if (others > 0) {
      this.#readers.set(id, others)
      return
    }
    this.#readers.delete(id)
    if (this.#removedWhileRead.delete(id)) unlink(this.#pathOf(id)).catch(() => {})
  }

  #pathOf(id: string): string {
    return join(this.#directory, id)
  }
}

interface Piece extends ByteRange {
  readonly id: string
}

/** Returns the part of each blob within `range` of all blobs. */
function piecesIn(blobs: readonly Blob[], { first, last }: ByteRange): Piece[] {
  let start = 0
  return blobs.flatMap(({ id, size }) => {
    const piece = { id, first: Math.max(first - start, 0), last: Math.min(last - start, size - 1) }
    start += size
    return piece.first <= piece.last ? [piece] : []
  })
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written)
    written += bytesWritten
  }
}
