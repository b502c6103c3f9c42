import type { CacheTtl } from '../prompt-cache/prompt-cache.ts'
import type { Path } from '../shapes/check-shape.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'

/**
 * A chat request, independent of its wire format. Families parse into it and render from {@link ModelAnswer}, so that the
 * model, the checks and the guardrails do not depend on wire formats.
 */
export interface ConversationRequest {
  readonly system: string
  /** Parts for the guardrail. */
  readonly guardedSystem?: readonly string[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
  /** Names of tools that the provider of the model runs. */
  readonly systemTools?: readonly string[]
  readonly parameters: InferenceParameters
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly blocks: readonly ContentBlock[]
  /** Position in the request, for messages. */
  readonly path: Path
}

export type ContentBlock =
  /** Guarded content has `qualifiers`, which may be empty. */
  | {
      readonly kind: 'text'
      readonly text: string
      readonly qualifiers?: readonly string[]
      /** Present for a search result that the answer may cite. */
      readonly citable?: CitableSource
    }
  | MediaBlock
  | {
      readonly kind: 'toolUse'
      readonly id: string
      readonly name: string
      readonly input: JsonValue
      /** True for a tool that the model's provider runs. */
      readonly isServerTool?: boolean
    }
  | ToolResultBlock
  | ReasoningBlock
  | { readonly kind: 'cachePoint' }
  /** A block without content for the model, such as an unknown kind. */
  | { readonly kind: 'other' }

export interface MediaBlock {
  readonly kind: 'image' | 'document' | 'video' | 'audio'
  /** `png`, `pdf`, …; empty when the request has none. */
  readonly format: string
  readonly name?: string
  /** Present for a document that the answer may cite. */
  readonly citable?: CitableSource
  readonly source:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'location'; readonly uri: string }
}

/** A document or search result with citations turned on. */
export interface CitableSource {
  /** How a citation tells its place: by characters, pages, or chunks that the request made. */
  readonly kind: 'characters' | 'pages' | 'chunks' | 'searchResult'
  /** Number among the documents of the request, or among its search results. */
  readonly index: number
  readonly title?: string
  /** Address of a search result. */
  readonly source?: string
  /** Texts of the chunks, or the whole text. Empty if the emulator cannot read the document. */
  readonly texts: readonly string[]
}

/** Reasoning of an earlier answer. A redacted block has no text. */
export interface ReasoningBlock {
  readonly kind: 'reasoning'
  readonly text: string
  readonly signature?: string
  /** Sealed data of a redacted block. */
  readonly redacted?: string
}

export interface ToolResultBlock {
  readonly kind: 'toolResult'
  readonly id: string
  /** True for the result of a tool that the model's provider runs, which is in the assistant's message. */
  readonly isServerTool?: boolean
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
  /** Claude's thinking, as the request asks for it. */
  readonly thinking?: Thinking
  /** JSON schema of the text. */
  readonly outputSchema?: JsonObject
}

export interface Thinking {
  /** `enabled`, `adaptive`, …; any text that the request has, empty if it has none. */
  readonly kind: string
  /** The member as the request has it. */
  readonly member: JsonValue
  readonly budget?: number
  readonly display?: string
  /** Effort beside it in `output_config`. */
  readonly effort?: string
  /** True if the model may think between two tool uses: the budget may exceed `maxTokens`. */
  readonly isInterleaved: boolean
}

/** An answer of a model in blocks, independent of the wire format. */
export interface ModelAnswer {
  readonly blocks: readonly AnswerBlock[]
  readonly stopReason: StopReason
  /** Stop sequence that ended the text, with stop reason `stop_sequence`. */
  readonly stopSequence?: string
  readonly usage: TokenUsage
}

export type AnswerBlock =
  | { readonly kind: 'text'; readonly text: string; readonly citations?: readonly Citation[] }
  /** `id` is 22 letters and digits; each wire format adds its prefix. */
  | (ToolUseBlock & { readonly input: JsonValue })
  | ServerToolResult
  /** Only Claude signs its reasoning. */
  | { readonly kind: 'reasoning'; readonly text: string; readonly signature?: string }
  | RedactedBlock

export interface ToolUseBlock {
  readonly kind: 'toolUse'
  readonly id: string
  readonly name: string
  /** True for a tool that the provider runs: its result follows in the same answer. */
  readonly isServerTool?: boolean
}

/** Result of a tool that the provider of the model runs. */
export interface ServerToolResult {
  readonly kind: 'toolResult'
  readonly id: string
  /** Type of the result, such as `nova_code_interpreter_result`. */
  readonly type: string
  readonly json: JsonObject
}

/** A passage of a source that a text cites. */
export interface Citation {
  readonly source: CitableSource
  readonly text: string
  /** Position of the passage: characters, pages from 1, or chunks. `end` is not part of it. */
  readonly start: number
  readonly end: number
}

/** Reasoning that only the model can read. */
export interface RedactedBlock {
  readonly kind: 'redacted'
  readonly data: string
}

/** Stop reasons of Converse. */
export type StopReason = 'end_turn' | 'tool_use' | 'max_tokens' | 'stop_sequence' | 'guardrail_intervened'

export interface TokenUsage {
  /** Input tokens outside the prompt cache. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** Tokens written, by time to live; present for requests with cache points. */
  readonly cacheWritten?: Readonly<Record<CacheTtl, number>>
}

/**
 * One event of a streamed answer: a start; for each block a start, pieces and a stop; a stop. The joined pieces are the
 * blocks of a {@link ModelAnswer}. A model that fails in the middle throws a BedrockError instead of the next event.
 */
export type AnswerEvents = AsyncIterable<AnswerEvent> | Iterable<AnswerEvent>

export type AnswerEvent =
  | AnswerStart
  | { readonly kind: 'block-start'; readonly block: StartedBlock }
  /** Some text of the open block; for a tool use, a fragment of its input as JSON text. */
  | { readonly kind: 'block-delta'; readonly block: StartedBlock; readonly text: string }
  | BlockStop
  | AnswerStop

export interface BlockStop {
  readonly kind: 'block-stop'
  readonly block: StartedBlock
  /** Signature at the end of a block of reasoning, in one piece or several. */
  readonly signature?: readonly string[]
}

export interface AnswerStart {
  readonly kind: 'answer-start'
  /** Usage counted here, before the model reports its own. */
  readonly inputTokens: number
  readonly cached?: Omit<TokenUsage, 'inputTokens' | 'outputTokens'>
}

export type StartedBlock =
  | { readonly kind: 'text'; readonly index: number; readonly citations?: readonly Citation[] }
  | { readonly kind: 'reasoning'; readonly index: number }
  | (ToolUseBlock & { readonly index: number })
  /** Whole in their start, without pieces. */
  | (RedactedBlock & { readonly index: number })
  | (ServerToolResult & { readonly index: number })

export interface AnswerStop extends Omit<ModelAnswer, 'blocks'> {
  readonly kind: 'answer-stop'
}
