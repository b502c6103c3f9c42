import type { ThrottleCounter } from '../directives/throttle-counter.ts'
import type { LanguageModel } from '../language-model.ts'

/** A request after routing: what an operation needs to know of HTTP. */
export interface OperationCall {
  /** Decoded, such as `modelId`. */
  readonly labels: Readonly<Record<string, string>>
  /** The model or guardrail that the path names. */
  readonly resource: string
  /** Undecoded, without the query. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  readonly throttle: ThrottleCounter
  readonly model: LanguageModel
  /** Milliseconds since the request arrived. */
  elapsed(): number
}

export interface OperationAnswer {
  /** Beside the content type and the request id. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly usage?: { readonly inputTokens: number; readonly outputTokens?: number }
}

/** Rejects with a BedrockError, or with the signal's AbortError when nobody is there to be answered. */
export type Operation = (call: OperationCall) => Promise<OperationAnswer>
