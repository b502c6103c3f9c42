import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'

/**
 * Length of the prelude of a frame of `application/vnd.amazon.eventstream`. A frame is: u32 total length, u32 length of the
 * headers, u32 CRC of these eight bytes; headers; payload; u32 CRC of all bytes before. Numbers are big-endian, CRCs are
 * those of zlib.
 * Source: Smithy's event stream specification; tests compare with @smithy's codec and recorded frames.
 */
export const PRELUDE_BYTES = 12
export const CHECKSUM_BYTES = 4

/** Limit of a frame: the specification allows a payload of 16 MiB. Bedrock's limit is 1,000,000 bytes before base64. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CHECKSUM_BYTES

/** Error for bytes that are not an event stream. Bytes after it cannot be trusted. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Complete frame with a correct checksum, as a view into the bytes that were read. */
export interface Frame {
  /** Whole frame. */
  readonly bytes: Buffer
  readonly headers: Buffer
  readonly payload: Buffer
}

/** Reader that splits bytes into frames. The bytes may come in any pieces. It keeps at most one incomplete frame. */
export class FrameReader {
  #held: Buffer[] = []
  #heldBytes = 0

  /**
   * @returns `completed`, to which the frames that these bytes complete are added
   * @throws FrameError for a wrong length or checksum; `completed` then has the correct frames before it
   */
  push(chunk: Buffer, completed: Frame[] = []): Frame[] {
    let bytes = chunk
    if (this.#heldBytes > 0) {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
      // Pieces are joined only once a frame is complete, so that a large frame is copied once.
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

  /** Bytes of an incomplete frame. A value above 0 at the end of the stream means that it was truncated. */
  get incompleteBytes(): number {
    return this.#heldBytes
  }

  /** Returns the number of bytes that are needed to complete the prelude or the frame. */
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
  // The checksum comes first: with a wrong length, the reader would wait for bytes that never come.
  if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8)) {
    throw new FrameError("a frame's prelude has a wrong checksum")
  }
  if (length > MAX_FRAME_BYTES) throw new FrameError(`a frame is ${length} bytes long, the limit is ${MAX_FRAME_BYTES}`)
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

/** Reader that splits bytes into frames, or into events. */
export type FrameSplitter = Pick<FrameReader, 'push' | 'incompleteBytes'>

/**
 * Frames of a response body. The body is read only by `take`, so a slow consumer slows down the body and Bedrock. Bytes that
 * came together are read as one piece.
 */
export class FrameSource {
  readonly #body: Readable
  readonly #reader: FrameSplitter
  #returned: Frame[] = []
  #ended = false
  #failure: Error | undefined
  #onChange: () => void = () => {}

  constructor(body: Readable, reader: FrameSplitter = new FrameReader()) {
    this.#body = body
    this.#reader = reader
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
    // One of the two sides closed the connection without an error.
    body.on(
      'close',
      () => this.#ended || fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })),
    )
  }

  /** Sets the listener that is called when `take` may return something new. It replaces the previous listener. */
  set onChange(listener: () => void) {
    this.#onChange = listener
  }

  /**
   * Takes the frames that have come.
   *
   * @returns the frames since the last call, contiguous in memory; empty if there are none yet; undefined at the end
   * @throws FrameError for bytes that are not frames and for an end inside a frame; the body's own error if it failed
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

  /** Returns frames for the next `take`. */
  putBack(frames: Frame[]): void {
    this.#returned = frames
  }

  /** Ends the body and the call to Bedrock. */
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
        // The correct frames before it are returned first. The next call throws.
        this.#failure = error as Error
      }
    }
    return frames
  }
}
