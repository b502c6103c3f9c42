import { countInputTokens } from '../conversation/count-tokens.ts'
import type { LanguageModel } from '../language-model.ts'
import { composeDraft } from './compose-draft.ts'
import { cutAnswer } from './cut-answer.ts'
import { hashRequest } from './hash-request.ts'

/** A model that needs nothing and always answers the same request with the same blocks. */
export const deterministicModel: LanguageModel = {
  async answer(request, directives) {
    const draft = composeDraft(request, directives, hashRequest(request))
    const { outputTokens, ...cut } = cutAnswer(draft, request.parameters)
    const usage = { inputTokens: countInputTokens(request), outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 }
    return { ...cut, usage }
  },
}
