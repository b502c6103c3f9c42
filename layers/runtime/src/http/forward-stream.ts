import type { StreamFailure, StreamProgress } from '../bedrock/read-usage.ts'
import { BedrockError } from '../core/errors.ts'
import { type Sink, type StreamEnd, summarizeUsage } from '../core/model-call.ts'
import { type Frame, FrameError, type FrameSource } from '../event-stream/frames.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'

export interface ForwardOptions {
  readonly format: StreamFormat
  readonly progress: StreamProgress
  /** Longest silence of Bedrock, in milliseconds. */
  readonly silenceLimitMs: number
  /** Milliseconds until the function must have ended. */
  readonly remainingMs: number
  /** Silence after which a heartbeat is due, in milliseconds. */
  readonly heartbeatMs: number
  /** Returns the frame to forward, usually the frame itself. It must not throw. */
  readonly transform?: ((frame: Frame) => Frame) | undefined
}

/**
 * Forwards a stream to its end. The caller always sees how it ended: by the model's last event, or by an error event. It reads
 * no faster than the sink accepts, and ends the call to Bedrock when the caller closes the connection. It never throws.
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
  /** Error of the timer that ended the stream. */
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
        const failure = this.#forward(frames)
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

  /** Writes frames up to the first malformed one. Returns the end of the stream if a frame has Bedrock's error. */
  #forward(frames: Frame[]): StreamEnd | undefined {
    let failure: StreamFailure | undefined
    let forwarded = 0
    try {
      for (const frame of frames) {
        failure = this.#options.progress.observe(frame)
        forwarded += 1
        if (failure) break
      }
    } finally {
      // Frames before a malformed one are correct and are forwarded. Frames after an error are not.
      if (forwarded > 0) this.#sinkFull = !this.#sink.write(this.#encode(frames.slice(0, forwarded)))
      this.#events += forwarded
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
    // Formats expect frames that are contiguous in memory. Transformed frames are not.
    return isUnchanged ? format.encode(frames) : Buffer.concat(transformed.map((frame) => format.encode([frame])))
  }

  #endOfBytes(): StreamEnd {
    const { complete, endMarker } = this.#options.progress
    if (!complete) {
      return this.#fail(
        new BedrockError(
          'ModelStreamErrorException',
          `The model's stream ended before its last event: ${endMarker} did not come.`,
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

  /** Adds listeners. Those of the sink are not removed, so that an error after the end is handled. */
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
      // If the reader is slow, Bedrock waits for it and its silence is not an error.
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

/** Describes why a stream broke, for the caller. */
function reasonOf(error: unknown): string {
  if (error instanceof FrameError) return error.message
  // An error without a system code is an internal fault. Its message is only for the log.
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return 'it could not be forwarded'
  return code === 'ECONNRESET' ? 'the connection was reset' : `the connection failed with ${code}`
}
