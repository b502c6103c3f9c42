import type { AnyResponse } from '../../net/dual-protocol-server.ts'

/** So many frames each leave by themselves; behind them those of one turn leave together. */
const SINGLE_FRAMES = 512

/** What is collected, and what may be on its way, before the producer has to wait. */
const BATCH_BYTES = 64 * 1024

/**
 * Writes frames as fast as the client takes them: a small stream piece by piece, as a model would make it, a large one
 * in large pieces. Nothing is ever held back for a later turn, and no more than two batches are held at all.
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

  /** `isPaced`: every frame leaves by itself and at once. */
  constructor(response: AnyResponse, { isPaced, signal }: { isPaced: boolean; signal: AbortSignal }) {
    this.#response = response
    this.#alwaysSingle = isPaced
    this.#signal = signal
    // Nobody need report on bytes for a client that is gone.
    signal.addEventListener('abort', () => this.#release(), { once: true })
  }

  /** Undefined when more may be written at once; otherwise what to wait for. */
  write(frame: Buffer): Promise<void> | undefined {
    this.#frames += 1
    this.#collected.push(frame)
    this.#collectedBytes += frame.length
    if (this.#alwaysSingle || this.#frames <= SINGLE_FRAMES) return this.flush()
    if (this.#collectedBytes + this.#underwayBytes >= BATCH_BYTES) return this.flush()
    this.#scheduled ??= setImmediate(() => this.#send())
    return undefined
  }

  /** Resolves, in a later turn, when the socket has taken all that was written, or the client is gone. */
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
      // The two responses overload write differently; both take bytes and call back when the socket has them.
      const write = this.#response.write as (chunk: Buffer | undefined, callback: () => void) => boolean
      write.call(this.#response, piece, settle)
    })
  }
}
