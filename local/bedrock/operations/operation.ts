import type { AsyncInvocations } from '../async-invoke/index.ts'
import type { StreamFaults } from '../directives/parse-directives.ts'
import type { ThrottleCounter } from '../directives/throttle-counter.ts'
import type { GuardrailPolicies } from '../guardrails/policies.ts'
import type { LanguageModel } from '../language-model.ts'
import type { PromptCache } from '../prompt-cache/prompt-cache.ts'
import type { Prompts } from '../prompts/prompts.ts'
import type { JsonObject } from '../shapes/json.ts'

/** A request after routing: what an operation needs to know of HTTP. */
export interface OperationCall {
  /** Decoded, such as `modelId`. */
  readonly labels: Readonly<Record<string, string>>
  /** The model or guardrail that the path names; empty where it names neither. */
  readonly resource: string
  /** Undecoded, without the query. */
  readonly path: string
  /** Decoded. */
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  readonly throttle: ThrottleCounter
  readonly model: LanguageModel
  readonly asyncInvocations: AsyncInvocations
  readonly guardrails: GuardrailPolicies
  readonly promptCache: PromptCache
  readonly prompts: Prompts
  /** Milliseconds since the request arrived. */
  elapsed(): number
}

export type OperationAnswer = WholeAnswer | StreamAnswer

export interface WholeAnswer {
  /** Beside the content type and the request id. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly usage?: Usage
}

export interface StreamAnswer {
  /** Beside the content type and the request id. */
  readonly headers?: Readonly<Record<string, string>>
  /** Throws a BedrockError where the model fails half-way. To be read once. */
  readonly events: AsyncIterable<StreamEvent>
  readonly faults: StreamFaults
  /** Each event leaves as soon as it is there: never with the next one in the same piece. */
  readonly isPaced: boolean
  /** What makes two requests' padding differ. */
  readonly seed: Buffer
  /** As far as it has been counted by now. */
  usage(): Usage
}

/** An event of a stream before it is padded and framed. */
export interface StreamEvent {
  readonly name: string
  /** Its members in alphabetical order, as Bedrock sends them. */
  readonly payload: JsonObject
}

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens?: number
}

/** Rejects with a BedrockError, or with the signal's AbortError when nobody is there to be answered. */
export type Operation<Answer extends OperationAnswer = WholeAnswer> = (call: OperationCall) => Promise<Answer>
