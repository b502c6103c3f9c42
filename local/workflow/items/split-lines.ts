const NEWLINE = 0x0a

/** Longest line of an object with items. A child's input has at most 256 KiB, but ItemSelector may take a part of a line. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
}

/** Splits UTF-8 into lines without their newlines. A byte order mark is dropped. Holds one chunk and one line at a time. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0
  let parts: Buffer[] = []
  let bytes = 0

  const hold = (part: Buffer) => {
    parts.push(part)
    bytes += part.length
    if (bytes > MAX_LINE_BYTES) {
      throw new RangeError(`line ${number + 1} is larger than ${MAX_LINE_BYTES} bytes`)
    }
  }
  const take = (): Line => {
    number += 1
    const line = { number, text: decode(Buffer.concat(parts), number) }
    parts = []
    bytes = 0
    return line
  }

  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = buffer.indexOf(NEWLINE); end !== -1; end = buffer.indexOf(NEWLINE, start)) {
      hold(buffer.subarray(start, end))
      start = end + 1
      yield take()
    }
    if (start < buffer.length) hold(buffer.subarray(start))
  }
  if (bytes > 0) yield take()
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Buffer, number: number): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new SyntaxError(`line ${number} is not UTF-8`)
  }
}
