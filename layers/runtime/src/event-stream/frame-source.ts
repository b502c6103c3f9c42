import type { Readable } from 'node:stream'
import { type Frame, FrameError, FrameReader } from './frame-reader.ts'

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
