import { badLine } from './batch-input-error.ts'

/** A line of a file, without its line feed. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly bytes: Buffer
  /** Offset of its first byte, and of the first byte after its line feed. */
  readonly start: number
  readonly end: number
}

export interface ReadLinesOptions {
  /** Name of the file in errors. */
  readonly file: string
  readonly maxLineBytes: number
}

const LINE_FEED = 0x0a

/**
 * Splits a file into lines; an empty last one is none. Holds one line at a time.
 *
 * @throws BatchInputError that names a line that is too long
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { file, maxLineBytes }: ReadLinesOptions,
): AsyncGenerator<Line> {
  let number = 1
  let pieces: Buffer[] = []
  let length = 0
  let start = 0
  const take = (piece: Buffer): void => {
    pieces.push(piece)
    length += piece.length
    if (length > maxLineBytes) {
      throw badLine(file, number, `the line is longer than the limit of ${maxLineBytes} bytes`)
    }
  }
  const finish = (end: number): Line => {
    const line = { number, bytes: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces), start, end }
    number += 1
    pieces = []
    length = 0
    start = end
    return line
  }
  for await (const { buffer, byteOffset, byteLength } of chunks) {
    const chunk = Buffer.from(buffer, byteOffset, byteLength)
    let position = 0
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, position)) {
      take(chunk.subarray(position, feed))
      position = feed + 1
      yield finish(start + length + 1)
    }
    if (position < chunk.length) take(chunk.subarray(position))
  }
  if (length > 0) yield finish(start + length)
}
