import type { Usage } from '../bedrock/read-usage.ts'
import type { Frame } from '../event-stream/frame-reader.ts'
import { readEventHead } from '../event-stream/read-event-head.ts'

/** What is followed of a stream while it passes: as little as tells how it ended and what it used. */
export interface StreamProgress {
  /**
   * Looks at a frame on its way; gives the failure that Bedrock itself reports in it, if any.
   *
   * @throws FrameError for headers that do not say what the frame is
   */
  observe(frame: Frame): StreamFailure | undefined
  /** Whether something of the answer itself has come, not only the announcement of one. */
  readonly begun: boolean
  /** Whether the model's own end was seen. */
  readonly complete: boolean
  /** What the stream lacks, for the message. */
  readonly endMarker: string
  readonly usage: Usage
}

/** An exception that came as a frame; `type` as in `ModelStreamErrorException`. */
export interface StreamFailure {
  readonly type: string
}

function readFailure(frame: Frame): StreamFailure | undefined {
  const { kind, name } = readEventHead(frame.headers)
  return kind === 'event' ? undefined : { type: name.charAt(0).toUpperCase() + name.slice(1) }
}

/** ConverseStream: `messageStop`, and after it `metadata` with the usage, which is the last event of all. */
export function followConverse(): StreamProgress {
  let begun = false
  let stopped = false
  let metadata: Buffer | undefined
  return {
    endMarker: 'messageStop and metadata',
    get begun() {
      return begun
    },
    get complete() {
      return stopped && metadata !== undefined
    },
    get usage() {
      return metadata ? readConverseUsage(metadata) : {}
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      const { name } = readEventHead(frame.headers)
      if (name === 'messageStop') stopped = true
      else if (name === 'metadata') metadata = detach(frame.payload)
      else if (name !== 'messageStart') begun = true
      return undefined
    },
  }
}

/** A payload is a view into what may be a large piece; what is kept must not keep that. */
function detach(payload: Buffer): Buffer {
  return Buffer.from(payload)
}

function readConverseUsage(payload: Buffer): Usage {
  const { usage } = parseObject(payload.toString()) as { usage?: Record<string, unknown> }
  return pickCounts(usage ?? {}, {
    inputTokens: 'inputTokens',
    outputTokens: 'outputTokens',
    cacheReadInputTokens: 'cacheReadInputTokens',
    cacheWriteInputTokens: 'cacheWriteInputTokens',
  })
}

/** Behind a model's last event there may be a usage or a ping, so that the end is looked for among so many. */
const LAST_CHUNKS = 4

/**
 * InvokeModelWithResponseStream: the end is inside the last chunks, in the model's own words. They are looked into once
 * the bytes have ended.
 */
export function followInvokeModel(): StreamProgress {
  const last: Buffer[] = []
  return {
    endMarker: "the model's own last event",
    get begun() {
      return last.length > 0
    },
    get complete() {
      return last.some((payload) => isLastEvent(readChunk(payload)))
    },
    get usage() {
      return Object.assign({}, ...last.map((payload) => readInvocationMetrics(readChunk(payload))))
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      last.push(frame.payload)
      // What stays from one read to the next is at most these few; the piece that they are views into is released.
      if (last.length > LAST_CHUNKS) last.shift()
      return undefined
    },
  }
}

const INVOCATION_METRICS = 'amazon-bedrock-invocationMetrics'

/** Members with which families say why they stopped; in every event before they are absent or null. */
const STOP_REASONS = ['stop_reason', 'stopReason', 'finish_reason', 'finishReason', 'completionReason']

function readChunk(payload: Buffer): Record<string, unknown> {
  const { bytes } = parseObject(payload.toString())
  return typeof bytes === 'string' ? parseObject(Buffer.from(bytes, 'base64').toString()) : {}
}

/** Bedrock adds its metrics to the last event of every family; models behind other doors may not have them. */
function isLastEvent(event: Record<string, unknown>): boolean {
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

function readInvocationMetrics(event: Record<string, unknown>): Usage {
  const metrics = event[INVOCATION_METRICS]
  return typeof metrics === 'object' && metrics !== null
    ? pickCounts(metrics as Record<string, unknown>, {
        inputTokens: 'inputTokenCount',
        outputTokens: 'outputTokenCount',
        cacheReadInputTokens: 'cacheReadInputTokenCount',
        cacheWriteInputTokens: 'cacheWriteInputTokenCount',
      })
    : {}
}

function pickCounts(source: Record<string, unknown>, names: Readonly<Record<string, string>>): Usage {
  const counts = Object.entries(names).map(([member, name]) => [member, source[name]] as const)
  return Object.fromEntries(counts.filter(([, count]) => typeof count === 'number'))
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
