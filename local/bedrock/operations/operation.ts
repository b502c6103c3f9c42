import type { Readable } from 'node:stream'
import type { BedrockError } from '@bedrock-functions/runtime/core'
import type { Clock } from '../async-invoke/clock.ts'
import type { AsyncInvocations } from '../async-invoke/index.ts'
import type { BatchJobs } from '../batch/index.ts'
import type { Directives, StreamFaults } from '../directives/parse-directives.ts'
import type { ThrottleCounter } from '../directives/throttle-counter.ts'
import type { StoredResponses } from '../doors/openai-responses/stored-responses.ts'
import type { Faults } from '../faults/faults.ts'
import type { GuardrailPolicies } from '../guardrails/policies.ts'
import type { LanguageModel } from '../language-model.ts'
import type { AccountModels } from '../models/account-models.ts'
import type { Projects } from '../projects/projects.ts'
import type { PromptCache } from '../prompt-cache/prompt-cache.ts'
import type { Prompts } from '../prompts/prompts.ts'
import type { JsonObject } from '../shapes/json.ts'

/** A routed request. */
export interface OperationCall {
  /** Decoded path labels, such as `modelId`. */
  readonly labels: Readonly<Record<string, string>>
  /** Model or guardrail in the path; empty without one. */
  readonly resource: string
  /** Raw path without the query. */
  readonly path: string
  /** Decoded. */
  readonly query: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty for an operation that reads the request while it answers. */
  readonly body: Uint8Array
  /** Body of a request that the operation reads while it answers; undefined for others and with HTTP/1.1. */
  readonly input?: Readable
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
  readonly throttle: ThrottleCounter
  readonly model: LanguageModel
  readonly asyncInvocations: AsyncInvocations
  readonly batchJobs: BatchJobs
  readonly guardrails: GuardrailPolicies
  readonly promptCache: PromptCache
  readonly prompts: Prompts
  readonly faults: Faults
  /** Directives of a fault that was set for this call. They override those in the prompt. */
  readonly fault?: Directives
  /** Ids of foundation models besides those of the table, or their beginnings with `*`. */
  readonly newModels: readonly string[]
  readonly accountModels: AccountModels
  /** True if models after their end of life are refused. */
  readonly refusesEndedModels: boolean
  readonly projects: Projects
  /** Responses of OpenAI's Responses API that are kept. */
  readonly responses: StoredResponses
  readonly clock: Clock
  /** Milliseconds since the request arrived. */
  elapsed(): number
}

export type OperationAnswer = WholeAnswer | StreamAnswer

export interface WholeAnswer {
  /** Headers besides content type and request id. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly usage?: Usage
}

export interface StreamAnswer {
  /** Headers besides content type and request id. */
  readonly headers?: Readonly<Record<string, string>>
  /** Events to iterate once. Throws a BedrockError when the model fails in the middle. */
  readonly events: AsyncIterable<StreamEvent>
  /** Another object at a later time replaces the faults: those of a session come while it runs. */
  readonly faults: StreamFaults
  /** Writes each event at once, never together with the next one. */
  readonly isPaced: boolean
  readonly format: StreamFormat
  /** Usage counted so far. */
  usage(): Usage
}

/** Form of a stream on the wire. */
export interface StreamFormat {
  readonly contentType: string
  encode(event: StreamEvent): Buffer
  /** Encodes a failure after the first byte. */
  encodeError(error: BedrockError): Buffer
  /** Bytes after the last event of a whole answer. */
  readonly end?: Buffer
}

/** An event of a stream before it is encoded. */
export interface StreamEvent {
  /** Empty for an event without a name. */
  readonly name: string
  /** Members in the order in which Bedrock sends them; alphabetical in frames. */
  readonly payload: JsonObject
}

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens?: number
}

/** Runs one operation. Rejects with a BedrockError, or with the signal's AbortError when the client is gone. */
export type Operation<Answer extends OperationAnswer = WholeAnswer> = (call: OperationCall) => Promise<Answer>
