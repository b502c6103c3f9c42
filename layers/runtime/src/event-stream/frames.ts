import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'

/**
 * Framing of `application/vnd.amazon.eventstream`: u32 total length, u32 headers' length, u32 CRC of these eight bytes;
 * headers; payload; u32 CRC of all before. Numbers are big-endian, CRCs are those of zlib.
 * Source: Smithy's event stream specification; checked against @smithy's codec and recorded frames in the tests.
 */
export const PRELUDE_BYTES = 12
export const CHECKSUM_BYTES = 4

/** Bedrock's limit for a part is 1,000,000 bytes before base64; the specification's is 16 MiB for the payload. */
export const MOST_FRAME_BYTES = 16 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CHECKSUM_BYTES

/** What makes bytes no event stream. Nothing behind that point can be trusted. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** One whole frame with a right checksum, as a view into the bytes that were read. */
export interface Frame {
  /** All of it. */
  readonly bytes: Buffer
  readonly headers: Buffer
  readonly payload: Buffer
}

/** Cuts bytes, in whatever pieces they come, into frames. Holds at most one incomplete frame. */
export class FrameReader {
  #held: Buffer[] = []
  #heldBytes = 0

  /**
   * @returns the frames that these bytes complete
   * @throws FrameError for a length or checksum that is wrong; `completed` has what was right before it
   */
  push(chunk: Buffer, completed: Frame[] = []): Frame[] {
    let bytes = chunk
    if (this.#heldBytes > 0) {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
      // Joined only when it completes something: a large frame in many pieces is copied once.
      if (this.#heldBytes < this.#neededBytes()) return completed
      bytes = Buffer.concat(this.#held, this.#heldBytes)
    }
    let start = 0
    while (bytes.length - start >= PRELUDE_BYTES) {
      const length = checkPrelude(bytes, start)
      if (bytes.length - start < length) break
      completed.push(checkFrame(bytes, start, length))
      start += length
    }
    this.#held = start < bytes.length ? [bytes.subarray(start)] : []
    this.#heldBytes = bytes.length - start
    return completed
  }

  /** Bytes of a frame of which the rest has not come; anything but 0 at the stream's end means that it was cut. */
  get incompleteBytes(): number {
    return this.#heldBytes
  }

  /** How many bytes must be held before anything can be completed. */
  #neededBytes(): number {
    const [first] = this.#held
    if (!first || first.length < PRELUDE_BYTES) return PRELUDE_BYTES
    return first.readUInt32BE(0)
  }
}

/** @returns the frame's length */
function checkPrelude(bytes: Buffer, start: number): number {
  const length = bytes.readUInt32BE(start)
  const headersLength = bytes.readUInt32BE(start + 4)
  // Before a length is believed, its checksum is: a wrong one would make everything after it wait or fail.
  if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8)) {
    throw new FrameError("a frame's prelude has a wrong checksum")
  }
  if (length > MOST_FRAME_BYTES)
    throw new FrameError(`a frame is ${length} bytes long, the limit is ${MOST_FRAME_BYTES}`)
  if (length < PRELUDE_BYTES + headersLength + CHECKSUM_BYTES) {
    throw new FrameError(`a frame of ${length} bytes says that its headers are ${headersLength} bytes long`)
  }
  return length
}

function checkFrame(bytes: Buffer, start: number, length: number): Frame {
  const end = start + length - CHECKSUM_BYTES
  if (crc32(bytes.subarray(start, end)) !== bytes.readUInt32BE(end)) {
    throw new FrameError(`a frame of ${length} bytes has a wrong checksum`)
  }
  const payloadStart = start + PRELUDE_BYTES + bytes.readUInt32BE(start + 4)
  return {
    bytes: bytes.subarray(start, start + length),
    headers: bytes.subarray(start + PRELUDE_BYTES, payloadStart),
    payload: bytes.subarray(payloadStart, end),
  }
}

/**
 * The frames of a response body, taken when there are some: whoever takes none leaves the body, and in the end Bedrock,
 * waiting. What came in one turn is taken in one piece.
 */
export class FrameSource {
  readonly #body: Readable
  readonly #reader = new FrameReader()
  #returned: Frame[] = []
  #ended = false
  #failure: Error | undefined
  #onChange: () => void = () => {}

  constructor(body: Readable) {
    this.#body = body
    const change = () => this.#onChange()
    body.on('readable', change)
    body.on('end', () => {
      this.#ended = true
      change()
    })
    const fail = (error: Error) => {
      this.#failure ??= error
      change()
    }
    body.on('error', fail)
    // Destroyed without a word, by this side or the other.
    body.on(
      'close',
      () => this.#ended || fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })),
    )
  }

  /** Calls this whenever `take` may have something new to say. One listener; the last one set. */
  set onChange(listener: () => void) {
    this.#onChange = listener
  }

  /**
   * @returns the frames that have come since the last call, contiguous in memory; none where more are to come;
   *   undefined at the end
   * @throws FrameError for bytes that are no frames and for an end inside a frame; the body's own error where it broke
   */
  take(): Frame[] | undefined {
    if (this.#returned.length > 0) {
      const frames = this.#returned
      this.#returned = []
      return frames
    }
    const frames = this.#failure ? [] : this.#read()
    if (frames.length > 0) return frames
    if (this.#failure) throw this.#failure
    if (!this.#ended) return []
    const { incompleteBytes } = this.#reader
    if (incompleteBytes > 0)
      throw new FrameError(`the stream ended inside a frame: ${incompleteBytes} bytes of it came`)
    return undefined
  }

  /** Gives frames back that were taken, for the next `take`. */
  putBack(frames: Frame[]): void {
    this.#returned = frames
  }

  /** Ends the body, and with it the call behind it. */
  destroy(): void {
    this.#body.destroy()
  }

  #read(): Frame[] {
    const frames: Frame[] = []
    const chunk: Buffer | null = this.#body.read()
    if (chunk) {
      try {
        this.#reader.push(chunk, frames)
      } catch (error) {
        // What was right before it goes first; the next call throws.
        this.#failure = error as Error
      }
    }
    return frames
  }
}
