import { checkConversation } from '../conversation/check-conversation.ts'
import type { AnswerStop, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { checkConverseBody } from '../converse/check-converse-body.ts'
import { hasToolConfig, parseConverseRequest } from '../converse/parse-converse-request.ts'
import { checkPointers, pickPointers } from '../converse/pick-pointers.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { isChatModel, selectFamily } from '../families/index.ts'
import { checkBetas } from '../features/check-betas.ts'
import { checkCachePoints } from '../features/check-cache-points.ts'
import { type CallSettings, checkSettings } from '../features/check-settings.ts'
import { findOverflow, refusesInStream } from '../features/find-overflow.ts'
import type { Guarding, GuardrailTrace } from '../guardrails/guard-answer.ts'
import { readGuardrail } from '../guardrails/reference.ts'
import { renderConverseTrace } from '../guardrails/render-trace.ts'
import { converseWording, UNSUPPORTED_ACTION, validationError } from '../messages.ts'
import { requireLiving } from '../models/ended-models.ts'
import { type Model, requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import { PROJECT_HEADER, requireProject } from '../projects/projects.ts'
import { type CachePoint, readCachePoints } from '../prompt-cache/cache-points.ts'
import { fillPrompt, findPrompt } from '../prompts/prompts.ts'
import { checkUnicode } from '../shapes/check-unicode.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readObject, readString, readStrings } from '../shapes/read-json.ts'
import type { OperationCall } from './operation.ts'

/** A checked request of Converse or ConverseStream. */
export interface ConverseCall {
  readonly model: Model
  readonly body: JsonObject
  readonly request: ConversationRequest
  readonly guarding?: Guarding
  /** JSON Pointers into the native answer. */
  readonly pointers: readonly string[]
  readonly cachePoints: readonly CachePoint[]
  /** Refusal of a conversation above the context window that ConverseStream sends inside its stream. */
  readonly overflow?: string
}

/** Reads and checks a request. ValidationException for everything that both operations refuse. */
export function readConverseCall(call: OperationCall, { isStreamed }: { readonly isStreamed: boolean }): ConverseCall {
  const prompt = findPrompt(call.resource, call.prompts)
  const model = resolveModel(prompt?.modelId ?? call.resource, call.accountModels, call.newModels)
  if (call.refusesEndedModels) requireLiving(model.baseId)
  requireOnDemand(model)
  if (!isChatModel(model)) throw validationError(UNSUPPORTED_ACTION)
  const given = parseJsonObject(call.body)
  const body = prompt ? fillPrompt(prompt, given) : given
  const request = parseConverseRequest(body)
  checkUnicode(body, call.body, model, converseWording)
  checkConverseBody(body, model, isStreamed)
  checkSettings(readSettings(body), model, call.headers)
  checkCachePoints(body, model, converseWording)
  checkBetas(readObject(body.additionalModelRequestFields) ?? {}, model, converseWording)
  requireProject(call.projects, readString(body.projectIdentifier), model)
  const toolsDeclared = hasToolConfig(body)
  checkConversation(request, model, {
    wording: converseWording,
    toolsDeclared,
    isConverse: true,
  })
  const overflow = findOverflow(request, model, converseWording)
  const isLate = isStreamed && refusesInStream(model)
  if (overflow !== undefined && !isLate) throw validationError(overflow)
  const guarding = readGuarding(call, body)
  const pointers = readStrings(body.additionalModelResponseFieldPaths)
  checkPointers(pointers)
  return {
    ...{ model, body, request, pointers },
    cachePoints: readCachePoints(body),
    ...(guarding && { guarding }),
    ...(overflow !== undefined && { overflow }),
  }
}

function readSettings({ serviceTier, performanceConfig }: JsonObject): CallSettings {
  return {
    serviceTier: readString(readObject(serviceTier)?.type),
    latency: readString(readObject(performanceConfig)?.latency),
  }
}

function readGuarding({ guardrails }: OperationCall, body: JsonObject): Guarding | undefined {
  const { guardrailIdentifier, guardrailVersion, trace, streamProcessingMode } = readObject(body.guardrailConfig) ?? {}
  const guardrail = readGuardrail(guardrails, readString(guardrailIdentifier), readString(guardrailVersion))
  if (!guardrail) return undefined
  return {
    guardrail,
    isTraced: trace === 'enabled' || trace === 'enabled_full',
    full: trace === 'enabled_full',
    isAsynchronous: streamProcessingMode === 'async',
  }
}

/**
 * Returns `additionalModelResponseFields`; undefined when none is requested or found. In a stream the pointers also find the
 * members of the last native events: `/delta/stop_sequence`.
 *
 * @param stop last event of a streamed answer
 */
export function pickFields(
  { model, pointers }: ConverseCall,
  request: ConversationRequest,
  answer: ModelAnswer,
  stop?: AnswerStop,
): JsonObject | undefined {
  const family = selectFamily(model, {})
  if (pointers.length === 0 || family.kind !== 'chat') return undefined
  const context = { request, model, id: deriveId(hashRequest(request), 'message') }
  const events: readonly JsonObject[] = stop ? family.renderStream(context)(stop) : []
  return pickPointers(Object.assign({}, ...events, family.renderAnswer(answer, context)), pointers)
}

/** Renders members besides the answer: the guardrail's trace and echoed request settings. */
export function renderCallMembers({ body, guarding }: ConverseCall, trace: GuardrailTrace | undefined): JsonObject {
  return omitUndefined({
    performanceConfig: readObject(body.performanceConfig),
    serviceTier: readObject(body.serviceTier),
    trace: trace && guarding?.isTraced ? { guardrail: renderConverseTrace(trace, guarding) } : undefined,
  }) as JsonObject
}

/** Renders the project of the request, which the answer repeats as InvokeModel's does. */
export function renderProject({ body }: ConverseCall): Record<string, string> {
  return omitUndefined({ [PROJECT_HEADER]: readString(body.projectIdentifier) })
}
