import type { StreamFailure, StreamProgress } from '../bedrock/read-usage.ts'
import { BedrockError } from '../core/errors.ts'
import { type Sink, type StreamEnd, summarizeUsage } from '../core/model-call.ts'
import { type Frame, FrameError, type FrameSource } from '../event-stream/frames.ts'
import type { StreamFormat } from './stream-format.ts'

export interface ForwardOptions {
  readonly format: StreamFormat
  readonly progress: StreamProgress
  /** Longest silence of Bedrock, in milliseconds. */
  readonly silenceLimitMs: number
  /** Milliseconds until the function must have ended. */
  readonly remainingMs: number
  /** Silence after which a heartbeat is due, in milliseconds. */
  readonly heartbeatMs: number
  /** Gives the frame that is forwarded, mostly the frame itself; it must not throw. */
  readonly transform?: ((frame: Frame) => Frame) | undefined
}

/**
 * Forwards a stream to its end. The caller always learns how it ended: by the model's own end, or by an error event behind
 * the last event that came. Reads no faster than the sink takes. Ends the call to Bedrock as soon as nobody needs it. Never
 * throws.
 */
export async function forwardStream(source: FrameSource, sink: Sink, options: ForwardOptions): Promise<StreamEnd> {
  return new Forwarding(source, sink, options).run()
}

class Forwarding {
  readonly #source: FrameSource
  readonly #sink: Sink
  readonly #options: ForwardOptions
  readonly #started = performance.now()
  readonly #timers: NodeJS.Timeout[] = []
  #events = 0
  #begunAfterMs: number | undefined
  #wake: () => void = () => {}
  #sinkFailed = false
  #sinkFull = false
  /** The error of a timer that has ended the stream. */
  #expired: BedrockError | undefined

  constructor(source: FrameSource, sink: Sink, options: ForwardOptions) {
    this.#source = source
    this.#sink = sink
    this.#options = options
  }

  async run(): Promise<StreamEnd> {
    this.#listen()
    const [silence, heartbeat] = this.#startTimers()
    try {
      while (true) {
        const changed = new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        if (this.#sinkFailed) return this.#finish('client-gone')
        if (this.#expired) return this.#fail(this.#expired)
        const frames = this.#sinkFull ? [] : this.#source.take()
        if (frames === undefined) return this.#endOfBytes()
        if (frames.length === 0) {
          await changed
          continue
        }
        silence.refresh()
        heartbeat?.refresh()
        const failure = this.#pass(frames)
        if (failure) return failure
      }
    } catch (error) {
      return this.#fail(
        new BedrockError('ModelStreamErrorException', `The model's stream broke: ${reasonOf(error)}.`),
        error,
      )
    } finally {
      for (const timer of this.#timers) clearTimeout(timer)
      this.#source.onChange = () => {}
      this.#source.destroy()
    }
  }

  /** Writes frames up to a wrong one. Returns the end where one of them was Bedrock's own error. */
  #pass(frames: Frame[]): StreamEnd | undefined {
    let failure: StreamFailure | undefined
    let passed = 0
    try {
      for (const frame of frames) {
        failure = this.#options.progress.observe(frame)
        passed += 1
        if (failure) break
      }
    } finally {
      // Nothing follows an error. Frames before a wrong one are right, and are forwarded.
      if (passed > 0) this.#sinkFull = !this.#sink.write(this.#encode(frames.slice(0, passed)))
      this.#events += passed
      if (this.#options.progress.begun) this.#begunAfterMs ??= performance.now() - this.#started
    }
    if (!failure) return undefined
    this.#sink.end()
    return this.#finish(failure.type)
  }

  #encode(frames: readonly Frame[]): Buffer {
    const { format, transform } = this.#options
    if (!transform) return format.encode(frames)
    const transformed = frames.map(transform)
    const isUnchanged = transformed.every((frame, index) => frame === frames[index])
    // Only frames that came together lie side by side, which is what a format may rely on.
    return isUnchanged ? format.encode(frames) : Buffer.concat(transformed.map((frame) => format.encode([frame])))
  }

  #endOfBytes(): StreamEnd {
    const { complete, endMarker } = this.#options.progress
    if (!complete) {
      return this.#fail(
        new BedrockError(
          'ModelStreamErrorException',
          `The model's stream ended without its end: ${endMarker} did not come.`,
        ),
      )
    }
    this.#sink.end()
    return this.#finish('complete')
  }

  #fail(error: BedrockError, cause?: unknown): StreamEnd {
    this.#sink.write(this.#options.format.encodeError(error.name, error.message))
    this.#sink.end()
    return this.#finish(error.name, cause)
  }

  #finish(ended: string, cause?: unknown): StreamEnd {
    return {
      ended,
      events: this.#events,
      ...(this.#begunAfterMs !== undefined && { begunAfterMs: this.#begunAfterMs }),
      streamingMs: performance.now() - this.#started,
      usage: summarizeUsage(this.#options.progress.usage),
      ...(cause !== undefined && { cause }),
    }
  }

  /** The sink's listeners stay: an error that comes after the end must find one. */
  #listen(): void {
    this.#sink.on('drain', () => {
      this.#sinkFull = false
      this.#wake()
    })
    this.#sink.on('error', () => this.#loseSink())
    this.#sink.on('close', () => this.#loseSink())
    this.#source.onChange = () => this.#wake()
  }

  #loseSink(): void {
    this.#sinkFailed = true
    this.#wake()
  }

  #startTimers(): [silence: NodeJS.Timeout, heartbeat: NodeJS.Timeout | undefined] {
    const { silenceLimitMs, remainingMs, heartbeatMs, format } = this.#options
    const expire = (message: string) => {
      this.#expired ??= new BedrockError('ModelTimeoutException', message)
      this.#wake()
    }
    const silence = setTimeout(() => {
      // A slow reader makes Bedrock wait, whose silence is then no fault.
      if (this.#sinkFull) silence.refresh()
      else expire(`The model's stream was silent for ${silenceLimitMs} ms, the limit.`)
    }, silenceLimitMs)
    const deadline = setTimeout(
      () => expire("The model's stream did not end within the function's own time limit."),
      remainingMs,
    )
    this.#timers.push(silence, deadline)
    const { heartbeat } = format
    if (!heartbeat) return [silence, undefined]
    const beat = setInterval(() => {
      if (!this.#sinkFull) this.#sinkFull = !this.#sink.write(heartbeat)
    }, heartbeatMs)
    this.#timers.push(beat)
    return [silence, beat]
  }
}

/** The reason of a broken stream, as far as the caller may know it. */
function reasonOf(error: unknown): string {
  if (error instanceof FrameError) return error.message
  // An error without a system's code is not the connection's but a fault of ours. Its message is for the log.
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return 'it could not be forwarded'
  return code === 'ECONNRESET' ? 'the connection was reset' : `the connection failed with ${code}`
}
