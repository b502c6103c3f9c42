import { errorTypeOf } from '../core/errors.ts'
import type { DetailedUsage } from '../core/usage.ts'
import type { Frame } from '../event-stream/frame-reader.ts'
import { readEventHead } from '../event-stream/read-event-head.ts'
import { asObject, type PlainObject, parseObject } from '../json/plain-object.ts'
import { INVOCATION_METRICS, readConverseUsage, readInvocationMetrics, readNativeUsage } from './read-usage.ts'

/** The state of a stream while it passes: as little as shows how it ended and what it used. */
export interface StreamProgress {
  /**
   * Takes note of a frame on its way. Returns the failure that Bedrock itself reports in it, if any.
   *
   * @throws FrameError for headers that do not say what the frame is
   */
  observe(frame: Frame): StreamFailure | undefined
  /** Whether a part of the answer itself has come, and not only its announcement. */
  readonly begun: boolean
  /** Whether the model's own end has come. */
  readonly complete: boolean
  /** Names the end that a stream lacks, for the message. */
  readonly endMarker: string
  /** Empty until Bedrock has stated it. */
  readonly usage: DetailedUsage
  /** The frame in which Bedrock stated the usage. */
  readonly usageFrame: Frame | undefined
}

/** An exception that came as a frame; `type` as in `ModelStreamErrorException`. */
export interface StreamFailure {
  readonly type: string
}

function readFailure(frame: Frame): StreamFailure | undefined {
  const { kind, name } = readEventHead(frame.headers)
  return kind === 'event' ? undefined : { type: errorTypeOf(name) }
}

/** Follows ConverseStream: `messageStop`, and after it `metadata` with the usage, which is the last event of all. */
export function followConverse(): StreamProgress {
  let begun = false
  let stopped = false
  let usageFrame: Frame | undefined
  let usage: DetailedUsage = {}
  return {
    endMarker: 'messageStop and metadata',
    get begun() {
      return begun
    },
    get complete() {
      return stopped && usageFrame !== undefined
    },
    get usage() {
      return usage
    },
    get usageFrame() {
      return usageFrame
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      const { name } = readEventHead(frame.headers)
      if (name === 'messageStop') stopped = true
      else if (name === 'metadata') {
        usageFrame = frame
        usage = readConverseUsage(parseObject(frame.payload))
      } else if (name !== 'messageStart') begun = true
      return undefined
    },
  }
}

/** Behind a model's last event there may be a usage or a ping, so that the end is looked for among so many. */
const LAST_CHUNKS = 4

/**
 * The beginnings of base64 that hold the name of Bedrock's metrics: its digits depend on the offset in the event, modulo
 * three bytes. Digits that it shares with its neighbours are left out. With them no other chunk needs decoding.
 */
const METRICS_IN_BASE64 = [0, 1, 2].map((offset) => {
  const encoded = Buffer.from(' '.repeat(offset) + INVOCATION_METRICS).toString('base64')
  const wholeDigits = Math.floor((8 * (offset + INVOCATION_METRICS.length)) / 6)
  return Buffer.from(encoded.slice(Math.ceil((8 * offset) / 6), wholeDigits))
})

/**
 * Follows InvokeModelWithResponseStream: the end is inside the last chunks, in the model's own words. They are decoded once
 * the bytes have ended.
 */
export function followInvokeModel(): StreamProgress {
  const last: Buffer[] = []
  let firstUsage: DetailedUsage | undefined
  let usageFrame: Frame | undefined
  let usage: DetailedUsage = {}

  function readMetrics(frame: Frame): void {
    if (!METRICS_IN_BASE64.some((name) => frame.payload.includes(name))) return
    const metrics = decodeChunk(frame.payload)[INVOCATION_METRICS]
    if (metrics === undefined) return
    usageFrame = frame
    usage = { ...firstUsage, ...readInvocationMetrics(asObject(metrics)) }
  }

  return {
    endMarker: "the model's own last event",
    get begun() {
      return last.length > 0
    },
    get complete() {
      return last.some((payload) => isLastEvent(decodeChunk(payload)))
    },
    get usage() {
      return usage
    },
    get usageFrame() {
      return usageFrame
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      // Only Claude's first event says how long tokens written to the cache are kept.
      firstUsage ??= readNativeUsage(asObject(decodeChunk(frame.payload).message))
      readMetrics(frame)
      last.push(frame.payload)
      // What stays from one read to the next is at most these few; the piece that they are views into is released.
      if (last.length > LAST_CHUNKS) last.shift()
      return undefined
    },
  }
}

/** Members with which families say why they stopped; in every event before they are absent or null. */
const STOP_REASONS = ['stop_reason', 'stopReason', 'finish_reason', 'finishReason', 'completionReason']

/** The model's own event inside a chunk. */
function decodeChunk(payload: Buffer): PlainObject {
  const { bytes } = parseObject(payload)
  return typeof bytes === 'string' ? parseObject(Buffer.from(bytes, 'base64')) : {}
}

/** Bedrock adds its metrics to the last event of every family; models behind other doors may not have them. */
function isLastEvent(event: PlainObject): boolean {
  if (INVOCATION_METRICS in event) return true
  if ('messageStop' in event || 'metadata' in event) return true
  // Claude stops with message_delta and ends with message_stop: between the two it is not over.
  if (typeof event.type === 'string') return event.type === 'message_stop'
  const choices = [event.choices, event.outputs].flat()
  return event.is_finished === true || [event, ...choices].some(hasStopReason)
}

function hasStopReason(part: unknown): boolean {
  return typeof part === 'object' && part !== null && STOP_REASONS.some((name) => Reflect.get(part, name) != null)
}
