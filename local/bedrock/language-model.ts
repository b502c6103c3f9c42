import type { AnswerEvents, ConversationRequest, ModelAnswer } from './conversation/types.ts'
import type { Directives } from './directives/parse-directives.ts'

/** The model of the emulator: the deterministic one, or a server with OpenAI's API. */
export interface LanguageModel {
  /** Answers a valid `request` without directives. Rejects with a BedrockError. */
  answer(request: ConversationRequest, directives: Directives, signal: AbortSignal): Promise<ModelAnswer>
  /** Streams the same answer. Rejects with a BedrockError when the model refuses before the start. */
  stream(request: ConversationRequest, directives: Directives, signal: AbortSignal): Promise<AnswerEvents>
}
