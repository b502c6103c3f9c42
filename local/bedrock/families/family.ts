import type { WireRules } from '../conversation/check-conversation.ts'
import type { AnswerEvent, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import type { Model } from '../models/resolve-model.ts'
import type { CachePoint } from '../prompt-cache/cache-points.ts'
import type { JsonObject } from '../shapes/json.ts'

/** Models that share a native body: what InvokeModel takes and gives. */
export type Family = ChatFamily | EmbeddingFamily

export interface ChatFamily {
  readonly kind: 'chat'
  /** ValidationException when the body has not the family's shape. */
  parseRequest(body: JsonObject): NativeRequest
  /** Up to where the body, which has been parsed, may be cached; missing where the family has no words for it. */
  readCachePoints?(body: JsonObject): readonly CachePoint[]
  renderAnswer(answer: ModelAnswer, context: RenderContext): JsonObject
  renderStream(context: RenderContext): StreamRenderer
}

/** Turns the events of one answer, in order, into the family's own: none, one or several for each. */
export type StreamRenderer = (event: AnswerEvent) => readonly JsonObject[]

export interface NativeRequest {
  readonly request: ConversationRequest
  readonly rules: WireRules
}

export interface RenderContext {
  readonly request: ConversationRequest
  readonly model: Model
  /** 22 letters and digits that are the request's own, for the ids that formats want. */
  readonly id: string
}

export interface EmbeddingFamily {
  readonly kind: 'embedding'
  /** ValidationException when the body has not the family's shape. */
  embed(body: JsonObject): { readonly body: JsonObject; readonly inputTokens: number }
}

/** The model as its maker calls it, such as `claude-sonnet-4-5-20250929`. */
export function nameModel({ baseId, requestedId }: Model): string {
  return (baseId ?? requestedId).replace(/^[a-z0-9-]+\./, '').replace(/-v\d+(:\d+)?$/, '')
}
