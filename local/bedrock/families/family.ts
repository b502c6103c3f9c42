import type { WireRules } from '../conversation/check-conversation.ts'
import type { AnswerEvent, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import type { Model } from '../models/resolve-model.ts'
import type { CachePoint } from '../prompt-cache/cache-points.ts'
import type { JsonObject } from '../shapes/json.ts'

/** Models with the same native body of InvokeModel. */
export type Family = ChatFamily | UnaryFamily

export interface ChatFamily {
  readonly kind: 'chat'
  /** True if only InvokeModel and its stream serve the models, not Converse. */
  readonly isNativeOnly?: boolean
  /** Parses a body. ValidationException for another shape than the family's. */
  parseRequest(body: JsonObject): NativeRequest
  /** Checks a parsed body for features that the model does not have. BedrockError in the family's words. */
  checkFeatures?(body: JsonObject, request: ConversationRequest, model: Model): void
  /** Finds the cache points of a parsed body; missing for families without cache points. */
  readCachePoints?(body: JsonObject): readonly CachePoint[]
  renderAnswer(answer: ModelAnswer, context: RenderContext): JsonObject
  renderStream(context: RenderContext): StreamRenderer
}

/** Converts the events of one answer, in order, to the family's: none, one or several for each. */
export type StreamRenderer = (event: AnswerEvent) => readonly JsonObject[]

export interface NativeRequest {
  readonly request: ConversationRequest
  readonly rules: WireRules
}

export interface RenderContext {
  readonly request: ConversationRequest
  readonly model: Model
  /** Id of the request, 22 letters and digits, for formats that need one. */
  readonly id: string
}

/** Models that answer a body with a body, without a conversation or a stream: embeddings, rerank, images. */
export interface UnaryFamily {
  readonly kind: 'unary'
  /** Answers a body. ValidationException for another shape than the family's. */
  invoke(body: JsonObject): UnaryAnswer
}

export interface UnaryAnswer {
  readonly body: JsonObject
  /** Undefined for models that do not count tokens, such as image models. */
  readonly inputTokens?: number
}

/** Returns the provider's name of the model, such as `claude-sonnet-4-5-20250929`. */
export function nameModel({ baseId, requestedId }: Model): string {
  return (baseId ?? requestedId).replace(/^[a-z0-9-]+\./, '').replace(/-v\d+(:\d+)?$/, '')
}
