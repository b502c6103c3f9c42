import { S3Error } from '../http/s3-error.ts'

/** Longest line between chunks, in bytes: a size with its signature, or a trailer. */
const MAX_LINE_BYTES = 4096
const MAX_TRAILERS = 16
const NEWLINE = 0x0a

/** Values by name in lower case. */
export type Trailers = Map<string, string>

/**
 * Removes `aws-chunked` framing: `<hexadecimal size>[;chunk-signature=…]\r\n<data>\r\n` …, a chunk of size 0, and lines
 * of trailers, which go into `trailers`. Signatures are not verified. Source: Amazon S3 API Reference, "Signature
 * calculations for the authorization header: transferring payload in multiple chunks".
 *
 * IncompleteBody when the body ends early, InvalidRequest for malformed framing.
 */
export async function* decodeChunks(
  source: AsyncIterable<Uint8Array>,
  trailers: Trailers,
): AsyncGenerator<Uint8Array, void, void> {
  const input = new LineInput(source)
  for (;;) {
    const size = parseSize(await input.line())
    if (size === 0) break
    yield* input.bytes(size)
    if ((await input.line()) !== '') throw malformed('a chunk is longer than its size')
  }
  for (let line = await input.lineOrEnd(); line; line = await input.lineOrEnd()) {
    const colon = line.indexOf(':')
    if (colon < 1 || trailers.size === MAX_TRAILERS) throw new S3Error('MalformedTrailerError')
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
}

function parseSize(line: string): number {
  const [, digits] = /^([\da-f]{1,12})(?:;.*)?$/i.exec(line) ?? []
  if (digits === undefined) throw malformed('a chunk does not begin with its size')
  return Number.parseInt(digits, 16)
}

function malformed(reason: string): S3Error {
  return new S3Error('InvalidRequest', { message: `The aws-chunked body is malformed: ${reason}.` })
}

/** Reads lines and counted bytes in turn. Holds one piece of the source and one unfinished line. */
class LineInput {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #hasEnded = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next line without its line end. */
  async line(): Promise<string> {
    const line = await this.lineOrEnd()
    if (line === undefined) throw new S3Error('IncompleteBody')
    return line
  }

  /** The next line; undefined at the end of the source. */
  async lineOrEnd(): Promise<string | undefined> {
    let text = ''
    while (await this.#fill()) {
      const end = this.#rest.indexOf(NEWLINE)
      text += Buffer.from(this.#take(end === -1 ? this.#rest.length : end + 1)).toString('latin1')
      if (end !== -1) return text.replace(/\r?\n$/, '')
      if (text.length > MAX_LINE_BYTES) throw malformed('a line is too long')
    }
    if (text !== '') throw new S3Error('IncompleteBody')
    return undefined
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array, void, void> {
    for (let missing = count; missing > 0; ) {
      if (!(await this.#fill())) throw new S3Error('IncompleteBody')
      const piece = this.#take(Math.min(missing, this.#rest.length))
      missing -= piece.length
      yield piece
    }
  }

  #take(count: number): Uint8Array {
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  /** Reads on when nothing is left; false at the end of the source. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#hasEnded) {
      const { done, value } = await this.#source.next()
      if (done) this.#hasEnded = true
      else this.#rest = value
    }
    return this.#rest.length > 0
  }
}
