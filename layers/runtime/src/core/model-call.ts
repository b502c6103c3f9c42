import type { Writable } from 'node:stream'

/** The operations that call a model. */
export type ModelOperation = 'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream'

/** One call of a model on its way to Bedrock, in the form in which it goes over the wire. */
export interface ModelCall {
  readonly operation: ModelOperation
  /** Id or ARN of a model or inference profile, decoded. */
  readonly modelId: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether nothing of its answer is shown before all of it has come, though it streams; as in a job. */
  readonly isShownWhole?: boolean
  /** Identity of the caller; undefined where nobody was authenticated. */
  readonly caller: string | undefined
  /** Headers that the answer gets, for what the suite has to say to the caller. */
  readonly replyHeaders: Readonly<Record<string, string>>
}

/** What log, metrics and traces may say of a call: ids, counts, names; never its content. */
export type Facts = Record<string, string | number>

/**
 * Bedrock's id of the request, which AWS Support asks for. API Gateway and function URLs write their own id into
 * x-amzn-requestid.
 */
export const BEDROCK_REQUEST_ID_HEADER = 'x-bedrock-functions-bedrock-request-id'

/** Bedrock's id of the request, under the name that the caller gets it by. */
export function pickRequestId(headers: Readonly<Record<string, string>>): Record<string, string> {
  const id = headers['x-amzn-requestid']
  return id === undefined ? {} : { [BEDROCK_REQUEST_ID_HEADER]: id }
}

/** Whether the operation carries a Converse document; the others carry a native body. */
export function isConverse(operation: ModelOperation): boolean {
  return operation === 'Converse' || operation === 'ConverseStream'
}

/**
 * Defers work that the caller need not wait for until the answer has been sent. A failure of it is logged.
 *
 * @param name for the log, e.g. `ActivityLog`
 */
export type Defer = (name: string, task: () => Promise<void>) => void

/** What one call used, as Bedrock says it. A member is absent where Bedrock did not say. */
export interface Usage {
  /** Input tokens that were neither read from a cache nor written to one. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  /** All tokens that were written to a cache. */
  readonly cacheWriteInputTokens?: number
  readonly stopReason?: string
}

/** A usage with all that the price of a call depends on. */
export interface DetailedUsage extends Usage {
  /** Tokens written to a cache that are kept for five minutes. */
  readonly cacheWrite5mInputTokens?: number
  /** Tokens written to a cache that are kept for an hour. */
  readonly cacheWrite1hInputTokens?: number
  /** The tier that served the call: `default`, `flex`, `priority`, `reserved`. */
  readonly serviceTier?: string
  /** `standard` or `optimized`. */
  readonly latency?: string
}

/** The usage that logs, metrics, events and jobs show. */
export function summarizeUsage(usage: DetailedUsage): Usage {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens, stopReason } = usage
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadInputTokens !== undefined && { cacheReadInputTokens }),
    ...(cacheWriteInputTokens !== undefined && { cacheWriteInputTokens }),
    ...(stopReason !== undefined && { stopReason }),
  }
}

/** Tokens written to a cache of which it is not known how long they are kept. */
export function unknownCacheWrites(usage: DetailedUsage): number {
  const { cacheWriteInputTokens = 0, cacheWrite5mInputTokens = 0, cacheWrite1hInputTokens = 0 } = usage
  return Math.max(0, cacheWriteInputTokens - cacheWrite5mInputTokens - cacheWrite1hInputTokens)
}

/** The writing side of an answer: Lambda's response stream, which has a Writable's methods and not its class. */
export type Sink = Pick<Writable, 'write' | 'end' | 'on'>

/** A streaming reply. Its status and headers are final. */
export interface StreamReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /**
   * Writes all of it and ends the sink.
   *
   * @param remainingMs milliseconds until the function must have ended
   */
  forward(sink: Sink, remainingMs: number): Promise<StreamEnd>
}

/** How a stream ended, and what it came to. */
export interface StreamEnd {
  /** `complete`: the model's own end. `client-gone`: nobody reads any more. Otherwise the type of the error that was sent. */
  readonly ended: string
  readonly events: number
  /** From the first event to the first one of the answer itself, in milliseconds; absent where none came. */
  readonly begunAfterMs?: number
  /** From the first event to the last, in milliseconds. */
  readonly streamingMs: number
  readonly usage: Usage
  /** The cause of a broken stream, for the log; absent where Bedrock itself reported it. */
  readonly cause?: unknown
}
