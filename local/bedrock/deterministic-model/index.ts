import { countInputTokens } from '../conversation/count-tokens.ts'
import { replayAnswer } from '../conversation/replay-answer.ts'
import type { ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import type { Directives } from '../directives/parse-directives.ts'
import type { LanguageModel } from '../language-model.ts'
import { composeDraft } from './compose-draft.ts'
import { cutAnswer } from './cut-answer.ts'
import { hashRequest } from './hash-request.ts'
import { countDistinctTokens, streamFiller } from './stream-filler.ts'

/** A model without dependencies that answers the same request with the same blocks. */
export const deterministicModel: LanguageModel = {
  async answer(request, directives) {
    return answer(request, directives)
  },
  async stream(request, directives) {
    const { tokens, say, tool } = directives
    if (tokens === undefined || say !== undefined || tool !== undefined)
      return replayAnswer(answer(request, directives))
    const tellingTokens = countDistinctTokens(tokens, request)
    const beginning = answer(request, { tokens: tellingTokens })
    return beginning.stopReason === 'end_turn' && tellingTokens < tokens
      ? streamFiller(tokens, request.parameters.maxTokens, beginning.usage)
      : replayAnswer(beginning)
  },
}

function answer(request: ConversationRequest, directives: Directives): ModelAnswer {
  const draft = composeDraft(request, directives, hashRequest(request))
  const { outputTokens, ...cut } = cutAnswer(draft, request.parameters)
  const usage = { inputTokens: countInputTokens(request), outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 }
  return { ...cut, usage }
}
