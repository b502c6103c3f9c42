import type { CacheTtl } from '../prompt-cache/prompt-cache.ts'
import type { Path } from '../shapes/check-shape.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'

/**
 * What every wire format of a chat comes down to. Families parse into it and render out of {@link ModelAnswer}, so that
 * the model behind, the checks and the guardrails know nothing of wire formats.
 */
export interface ConversationRequest {
  readonly system: string
  /** Those of its parts that a guardrail shall look at. */
  readonly guardedSystem?: readonly string[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
  readonly parameters: InferenceParameters
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly blocks: readonly ContentBlock[]
  /** Where it stands in the request, for messages about it. */
  readonly path: Path
}

export type ContentBlock =
  /** `qualifiers` only of guarded content, empty where it has none. */
  | { readonly kind: 'text'; readonly text: string; readonly qualifiers?: readonly string[] }
  | MediaBlock
  | { readonly kind: 'toolUse'; readonly id: string; readonly name: string; readonly input: JsonValue }
  | ToolResultBlock
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'cachePoint' }
  /** Carries nothing that the model reads, such as a newer kind of block. */
  | { readonly kind: 'other' }

export interface MediaBlock {
  readonly kind: 'image' | 'document' | 'video' | 'audio'
  /** `png`, `pdf`, …; empty when the request does not say. */
  readonly format: string
  readonly name?: string
  readonly source:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'location'; readonly uri: string }
}

export interface ToolResultBlock {
  readonly kind: 'toolResult'
  readonly id: string
  readonly isError: boolean
  readonly blocks: readonly ContentBlock[]
}

export interface Tool {
  readonly name: string
  readonly description?: string
  readonly inputSchema: JsonObject
}

export type ToolChoice = { readonly kind: 'auto' | 'any' | 'none' } | { readonly kind: 'tool'; readonly name: string }

export interface InferenceParameters {
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stopSequences: readonly string[]
  readonly reasoning: boolean
  /** Tokens that reasoning may take, where the request says. */
  readonly reasoningBudget?: number
  /** JSON schema that the text must be an instance of. */
  readonly outputSchema?: JsonObject
}

/** What a model answers, block by block, before anyone knows on which wire it leaves. */
export interface ModelAnswer {
  readonly blocks: readonly AnswerBlock[]
  readonly stopReason: StopReason
  /** The sequence that ended the text, with stop reason `stop_sequence`. */
  readonly stopSequence?: string
  readonly usage: TokenUsage
}

export type AnswerBlock =
  | { readonly kind: 'text'; readonly text: string }
  /** `id` is 22 letters and digits; each wire format puts its own prefix in front. */
  | { readonly kind: 'toolUse'; readonly id: string; readonly name: string; readonly input: JsonValue }
  | { readonly kind: 'reasoning'; readonly text: string; readonly signature: string }

/** Converse's own terms. */
export type StopReason = 'end_turn' | 'tool_use' | 'max_tokens' | 'stop_sequence' | 'guardrail_intervened'

export interface TokenUsage {
  /** Without those read from or written to the prompt cache. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** Those written, by how long they are kept; only of a request that says what to cache. */
  readonly cacheWritten?: Readonly<Record<CacheTtl, number>>
}

/**
 * An answer as it is made: its start; for each block a start, the pieces, a stop; its stop. Joined, the pieces are the
 * blocks of a {@link ModelAnswer}. A model that fails half-way throws a BedrockError instead of the next event.
 */
export type AnswerEvents = AsyncIterable<AnswerEvent> | Iterable<AnswerEvent>

export type AnswerEvent =
  | AnswerStart
  | { readonly kind: 'block-start'; readonly block: StartedBlock }
  /** A token or a few of the open block; of a tool use, a fragment of its input as JSON text. */
  | { readonly kind: 'block-delta'; readonly block: StartedBlock; readonly text: string }
  /** `signature` ends a block of reasoning. */
  | { readonly kind: 'block-stop'; readonly block: StartedBlock; readonly signature?: string }
  | AnswerStop

export interface AnswerStart {
  readonly kind: 'answer-start'
  /** As counted before the model has said what it counts. */
  readonly inputTokens: number
  readonly cached?: Omit<TokenUsage, 'inputTokens' | 'outputTokens'>
}

export type StartedBlock =
  | { readonly kind: 'text' | 'reasoning'; readonly index: number }
  | { readonly kind: 'toolUse'; readonly index: number; readonly id: string; readonly name: string }

export interface AnswerStop extends Omit<ModelAnswer, 'blocks'> {
  readonly kind: 'answer-stop'
}
