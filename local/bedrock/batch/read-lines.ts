import { batchMessages } from '../messages.ts'
import { InputRefusedError } from './input-refused-error.ts'

/** A line without its line feed. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly bytes: Buffer
}

/** Most bytes of a line, those of a body of InvokeModel. */
export const MAX_LINE_BYTES = 25_000_000

const LINE_FEED = 0x0a

/**
 * Splits a file into lines; an empty last one is none. Holds one line at a time. Throws InputRefusedError for a line above
 * {@link MAX_LINE_BYTES}.
 */
export async function* readLines(file: string, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Line> {
  let number = 0
  let pieces: Buffer[] = []
  let length = 0
  const take = (piece: Buffer): void => {
    pieces.push(piece)
    length += piece.length
    if (length > MAX_LINE_BYTES) throw new InputRefusedError(batchMessages.longLine(file, number + 1, MAX_LINE_BYTES))
  }
  for await (const { buffer, byteOffset, byteLength } of chunks) {
    const chunk = Buffer.from(buffer, byteOffset, byteLength)
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, end))
      number += 1
      yield { number, bytes: pieces.length === 1 ? (pieces[0] ?? chunk) : Buffer.concat(pieces) }
      pieces = []
      length = 0
      start = end + 1
    }
    if (start < chunk.length) take(chunk.subarray(start))
  }
  if (length > 0) yield { number: number + 1, bytes: Buffer.concat(pieces) }
}
