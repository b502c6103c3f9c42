import { renderConverseAnswer, renderUsage } from '../converse/render-converse-answer.ts'
import { withPromptCache } from '../prompt-cache/cached-model.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { shapeReasoning } from '../thinking/shape-reasoning.ts'
import { answerConversation } from './answer-conversation.ts'
import type { Operation } from './operation.ts'
import { pickFields, readConverseCall, renderCallMembers, renderProject } from './read-converse-call.ts'

export const converse: Operation = async (call) => {
  const asked = readConverseCall(call, { isStreamed: false })

  const { request, answer, trace } = await answerConversation(
    asked.request,
    shapeReasoning(withPromptCache(call, asked.model, asked.cachePoints), asked.model),
    asked.guarding,
  )

  return {
    headers: renderProject(asked),
    body: {
      ...renderConverseAnswer(answer, asked.model.answerTraits),
      usage: renderUsage(answer.usage, asked.model.answerTraits.countsCache),
      metrics: { latencyMs: call.elapsed() },
      ...omitUndefined({ additionalModelResponseFields: pickFields(asked, request, answer) }),
      ...renderCallMembers(asked, trace),
    },
    usage: answer.usage,
  }
}
