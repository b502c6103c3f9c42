import type { Usage } from '../bedrock/index.ts'
import { type Frame, readEventHead } from '../event-stream/index.ts'

/** What is followed of a stream while it passes: as little as tells how it ended and what it used. */
export interface StreamProgress {
  /** Looks at frames on their way; gives the failure that Bedrock itself reported in one, if any. */
  observe(frames: readonly Frame[]): StreamFailure | undefined
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
  let stopped = false
  let metadata: Frame | undefined
  return {
    endMarker: 'messageStop and metadata',
    get complete() {
      return stopped && metadata !== undefined
    },
    get usage() {
      return metadata ? readConverseUsage(metadata.payload) : {}
    },
    observe(frames) {
      for (const frame of frames) {
        const failure = readFailure(frame)
        if (failure) return failure
        const { name } = readEventHead(frame.headers)
        if (name === 'messageStop') stopped = true
        else if (name === 'metadata') metadata = detach(frame)
      }
      return undefined
    },
  }
}

/** A frame is a view into what may be a large piece; what is kept must not keep that. */
function detach(frame: Frame): Frame {
  return { ...frame, payload: Buffer.from(frame.payload) }
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

/**
 * InvokeModelWithResponseStream: the end is inside the last chunk, in the model's own words. Only that one is looked into,
 * and only once the bytes have ended.
 */
export function followInvokeModel(): StreamProgress {
  let last: Frame | undefined
  return {
    endMarker: "the model's own last event",
    get complete() {
      return last !== undefined && isLastEvent(readChunk(last))
    },
    get usage() {
      return last ? readInvocationMetrics(readChunk(last)) : {}
    },
    observe(frames) {
      for (const frame of frames) {
        const failure = readFailure(frame)
        if (failure) return failure
      }
      const final = frames.at(-1)
      if (final) last = detach(final)
      return undefined
    },
  }
}

const INVOCATION_METRICS = 'amazon-bedrock-invocationMetrics'

/** Members with which families say why they stopped; in every event before they are absent or null. */
const STOP_REASONS = ['stop_reason', 'stopReason', 'finish_reason', 'finishReason', 'completionReason']

function readChunk(frame: Frame): Record<string, unknown> {
  const { bytes } = parseObject(frame.payload.toString())
  return typeof bytes === 'string' ? parseObject(Buffer.from(bytes, 'base64').toString()) : {}
}

/** Bedrock adds its metrics to the last event of every family; models behind other doors may not have them. */
function isLastEvent(event: Record<string, unknown>): boolean {
  if (INVOCATION_METRICS in event) return true
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
