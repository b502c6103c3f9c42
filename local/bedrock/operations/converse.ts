import { checkConversation } from '../conversation/check-conversation.ts'
import type { ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { hasToolConfig, parseConverseRequest } from '../converse/parse-converse-request.ts'
import { pickPointers } from '../converse/pick-pointers.ts'
import { renderConverseAnswer } from '../converse/render-converse-answer.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { isChatModel, selectFamily } from '../families/index.ts'
import { readGuardrail } from '../guardrails/reference.ts'
import { renderConverseTrace } from '../guardrails/render-trace.ts'
import { converseWording, UNSUPPORTED_ACTION, validationError } from '../messages.ts'
import { type Model, requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { definedOnly, readObject, readString, readStrings } from '../shapes/read-json.ts'
import { answerConversation } from './answer-conversation.ts'
import type { Operation } from './operation.ts'

export const converse: Operation = async (call) => {
  const model = resolveModel(call.resource)
  requireOnDemand(model)
  if (!isChatModel(model)) throw validationError(UNSUPPORTED_ACTION)
  const body = parseJsonObject(call.body)
  const parsed = parseConverseRequest(body)
  const toolsDeclared = hasToolConfig(body)
  checkConversation(parsed, model, {
    wording: converseWording,
    alternate: true,
    toolsDeclared,
    documentsNeedText: true,
  })
  const config = readObject(body.guardrailConfig)
  const guardrail = readGuardrail(readString(config?.guardrailIdentifier), readString(config?.guardrailVersion))

  const { request, answer, trace } = await answerConversation(parsed, call, { guardrail })

  const isTraced = config?.trace === 'enabled' || config?.trace === 'enabled_full'
  return {
    body: {
      ...renderConverseAnswer(answer),
      metrics: { latencyMs: call.elapsed() },
      ...definedOnly({
        additionalModelResponseFields: pickFields(body, model, request, answer),
        trace: trace && guardrail && isTraced ? { guardrail: renderConverseTrace(trace, guardrail) } : undefined,
        performanceConfig: readObject(body.performanceConfig),
        serviceTier: readObject(body.serviceTier),
      }),
    },
    usage: answer.usage,
  }
}

/** The paths point into what InvokeModel would have answered. */
function pickFields(
  body: JsonObject,
  model: Model,
  request: ConversationRequest,
  answer: ModelAnswer,
): JsonObject | undefined {
  const pointers = readStrings(body.additionalModelResponseFieldPaths)
  const family = selectFamily(model, {})
  if (pointers.length === 0 || family.kind !== 'chat') return undefined
  const id = deriveId(hashRequest(request), 'message')
  return pickPointers(family.renderAnswer(answer, { request, model, id }), pointers)
}
