import type { AnyResponse } from '../../net/dual-protocol-server.ts'

/** Number of first frames that are written one by one; later frames of one event-loop turn are written together. */
const SINGLE_FRAMES = 512

/** Limit of collected bytes, and of bytes on their way, before the producer waits. */
const BATCH_BYTES = 64 * 1024

/**
 * Writes frames as fast as the client reads: a short stream frame by frame, as from a model, a long one in large batches.
 * No frame waits for a later event-loop turn, and at most two batches are in memory.
 */
export class FrameWriter {
  readonly #response: AnyResponse
  readonly #alwaysSingle: boolean
  readonly #signal: AbortSignal
  #frames = 0
  #collected: Buffer[] = []
  #collectedBytes = 0
  #underwayBytes = 0
  #underway: Promise<void> = Promise.resolve()
  #scheduled: NodeJS.Immediate | undefined
  #release: () => void = () => {}

  /** `isPaced` writes every frame by itself at once. */
  constructor(response: AnyResponse, { isPaced, signal }: { isPaced: boolean; signal: AbortSignal }) {
    this.#response = response
    this.#alwaysSingle = isPaced
    this.#signal = signal
    // Ignore write errors of a client that is gone.
    signal.addEventListener('abort', () => this.#release(), { once: true })
  }

  /** Writes a frame. Returns a promise to wait for, or undefined when more may be written at once. */
  write(frame: Buffer): Promise<void> | undefined {
    this.#frames += 1
    this.#collected.push(frame)
    this.#collectedBytes += frame.length
    if (this.#alwaysSingle || this.#frames <= SINGLE_FRAMES) return this.flush()
    if (this.#collectedBytes + this.#underwayBytes >= BATCH_BYTES) return this.flush()
    this.#scheduled ??= setImmediate(() => this.#send())
    return undefined
  }

  /** Resolves in a later event-loop turn, when the socket has accepted everything or the client is gone. */
  async flush(): Promise<void> {
    this.#send()
    await new Promise<void>((resolve) => {
      this.#release = resolve
      if (this.#signal.aborted) resolve()
      else this.#underway.then(resolve)
    })
    await new Promise((resolve) => setImmediate(resolve))
  }

  #send(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    if (this.#collectedBytes === 0) return
    const piece = this.#collected.length === 1 ? this.#collected[0] : Buffer.concat(this.#collected)
    const length = this.#collectedBytes
    this.#collected = []
    this.#collectedBytes = 0
    this.#underwayBytes += length
    this.#underway = new Promise((resolve) => {
      const settle = (): void => {
        this.#underwayBytes -= length
        resolve()
      }
      // The overloads of write differ by protocol; both accept bytes and a callback.
      const write = this.#response.write as (chunk: Buffer | undefined, callback: () => void) => boolean
      write.call(this.#response, piece, settle)
    })
  }
}
