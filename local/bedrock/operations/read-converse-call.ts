import { checkConversation } from '../conversation/check-conversation.ts'
import type { ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { hasToolConfig, parseConverseRequest } from '../converse/parse-converse-request.ts'
import { checkPointers, pickPointers } from '../converse/pick-pointers.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { isChatModel, selectFamily } from '../families/index.ts'
import type { GuardrailTrace } from '../guardrails/guard-answer.ts'
import { type GuardrailReference, readGuardrail } from '../guardrails/reference.ts'
import { renderConverseTrace } from '../guardrails/render-trace.ts'
import { converseWording, UNSUPPORTED_ACTION, validationError } from '../messages.ts'
import { type Model, requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { definedOnly, readObject, readString, readStrings } from '../shapes/read-json.ts'
import type { OperationCall } from './operation.ts'

/** A checked request of Converse or ConverseStream. */
export interface ConverseCall {
  readonly model: Model
  readonly body: JsonObject
  readonly request: ConversationRequest
  readonly guardrail?: GuardrailReference
  /** JSON Pointers into what InvokeModel would have answered. */
  readonly pointers: readonly string[]
}

/** ValidationException for everything that both refuse. */
export function readConverseCall(call: OperationCall): ConverseCall {
  const model = resolveModel(call.resource)
  requireOnDemand(model)
  if (!isChatModel(model)) throw validationError(UNSUPPORTED_ACTION)
  const body = parseJsonObject(call.body)
  const request = parseConverseRequest(body)
  const toolsDeclared = hasToolConfig(body)
  checkConversation(request, model, {
    wording: converseWording,
    alternate: true,
    toolsDeclared,
    documentsNeedText: true,
  })
  const config = readObject(body.guardrailConfig)
  const guardrail = readGuardrail(readString(config?.guardrailIdentifier), readString(config?.guardrailVersion))
  const pointers = readStrings(body.additionalModelResponseFieldPaths)
  checkPointers(pointers)
  return { model, body, request, pointers, ...(guardrail && { guardrail }) }
}

/** `additionalModelResponseFields`; undefined when none is asked for or found. */
export function pickFields(
  { model, pointers }: ConverseCall,
  request: ConversationRequest,
  answer: ModelAnswer,
): JsonObject | undefined {
  const family = selectFamily(model, {})
  if (pointers.length === 0 || family.kind !== 'chat') return undefined
  const id = deriveId(hashRequest(request), 'message')
  return pickPointers(family.renderAnswer(answer, { request, model, id }), pointers)
}

/** What stands beside the answer: the guardrail's trace, and what the request said of the call itself. */
export function renderCallMembers({ body, guardrail }: ConverseCall, trace: GuardrailTrace | undefined): JsonObject {
  const wanted = readObject(body.guardrailConfig)?.trace
  const isTraced = wanted === 'enabled' || wanted === 'enabled_full'
  return definedOnly({
    performanceConfig: readObject(body.performanceConfig),
    serviceTier: readObject(body.serviceTier),
    trace: trace && guardrail && isTraced ? { guardrail: renderConverseTrace(trace, guardrail) } : undefined,
  }) as JsonObject
}
