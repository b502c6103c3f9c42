import type { AnswerEvents, ConversationRequest, ModelAnswer } from './conversation/types.ts'
import type { Directives } from './directives/parse-directives.ts'

/** What stands behind the emulator: the deterministic model, or a server that speaks OpenAI's API. */
export interface LanguageModel {
  /** `request` is valid and free of directives. Rejects with a BedrockError. */
  answer(request: ConversationRequest, directives: Directives, signal: AbortSignal): Promise<ModelAnswer>
  /** The same answer piece by piece. Rejects with a BedrockError when the model refuses before it begins. */
  stream(request: ConversationRequest, directives: Directives, signal: AbortSignal): Promise<AnswerEvents>
}
