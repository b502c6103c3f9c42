import type { Family } from '../families/family.ts'
import { selectFamily } from '../families/index.ts'
import { checkSettings } from '../features/check-settings.ts'
import type { Guarding, GuardrailTrace } from '../guardrails/guard-answer.ts'
import { readGuardrail } from '../guardrails/reference.ts'
import { renderNativeGuardrail } from '../guardrails/render-trace.ts'
import { guardrailMessages, nativeWording, validationError } from '../messages.ts'
import { requireLiving } from '../models/ended-models.ts'
import { type Model, requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import { PROJECT_HEADER, requireProject } from '../projects/projects.ts'
import { checkUnicode } from '../shapes/check-unicode.ts'
import { describeForModel, describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { oneOf, structure } from '../shapes/shape.ts'
import type { OperationCall } from './operation.ts'

const LATENCY = 'x-amzn-bedrock-performanceconfig-latency'
const SERVICE_TIER = 'x-amzn-bedrock-service-tier'
const TRACE = 'x-amzn-bedrock-trace'

/** Member of a native body with the settings of guarded tags. */
const GUARDRAIL_CONFIG = 'amazon-bedrock-guardrailConfig'

const guardrailConfigShape = structure({
  [GUARDRAIL_CONFIG]: structure({
    tagSuffix: { type: 'string', minimum: 1, maximum: 20, pattern: /^[a-zA-Z0-9]+$/ },
    streamProcessingMode: oneOf('SYNCHRONOUS', 'ASYNCHRONOUS'),
  }),
})

const headerShape = structure({
  [LATENCY]: oneOf('standard', 'optimized'),
  [SERVICE_TIER]: oneOf('priority', 'default', 'flex', 'reserved'),
  [TRACE]: oneOf('ENABLED', 'DISABLED', 'ENABLED_FULL'),
})

/** A request of InvokeModel or InvokeModelWithResponseStream, checked except for the family's rules. */
export interface InvokeCall {
  readonly model: Model
  readonly family: Family
  readonly body: JsonObject
  readonly guarding?: Guarding
}

/** Reads and checks a request. ValidationException for everything that both operations refuse. */
export function readInvokeCall(call: OperationCall): InvokeCall {
  const model = readCalledModel(call)
  const body = parseJsonObject(call.body)
  checkUnicode(body, call.body, model, nativeWording)
  const guarding = readGuarding(call, body)
  return { model, family: selectFamily(model, body), body, ...(guarding && { guarding }) }
}

/** Finds the model of a call with a native body, and checks what its headers say. ValidationException for what Bedrock refuses. */
export function readCalledModel(call: OperationCall): Model {
  const model = resolveModel(call.resource, call.accountModels, call.newModels)
  if (call.refusesEndedModels) requireLiving(model.baseId)
  requireOnDemand(model)
  requireShape(call.headers, headerShape, describeForService)
  checkSettings({ serviceTier: call.headers[SERVICE_TIER], latency: call.headers[LATENCY] }, model, call.headers)
  requireProject(call.projects, call.headers[PROJECT_HEADER], model)
  return model
}

/** Reads the guardrail of a call with a native body: identifier and version from headers, tags from the body. */
export function readGuarding({ headers, guardrails }: OperationCall, body: JsonObject): Guarding | undefined {
  requireShape(body, guardrailConfigShape, describeForModel)
  const guardrail = readGuardrail(
    guardrails,
    headers['x-amzn-bedrock-guardrailidentifier'],
    headers['x-amzn-bedrock-guardrailversion'],
  )
  if (!guardrail && body[GUARDRAIL_CONFIG] !== undefined) throw validationError(guardrailMessages.identifierMissing)
  if (!guardrail) return undefined
  if (!headers['content-type']?.startsWith('application/json')) throw validationError(guardrailMessages.contentType)
  const config = readObject(body[GUARDRAIL_CONFIG])
  return {
    guardrail,
    tag: readString(config?.tagSuffix),
    isTraced: headers[TRACE] === 'ENABLED' || headers[TRACE] === 'ENABLED_FULL',
    full: headers[TRACE] === 'ENABLED_FULL',
    isAsynchronous: config?.streamProcessingMode === 'ASYNCHRONOUS',
  }
}

/** Renders the guardrail's members of the answer, or of the last event of a stream. */
export function renderGuardrailMembers(
  { guarding }: Pick<InvokeCall, 'guarding'>,
  trace: GuardrailTrace | undefined,
): JsonObject {
  return trace && guarding ? renderNativeGuardrail(trace, guarding) : {}
}

/** Returns the request headers that the answer repeats. */
export function echoHeaders({ headers }: OperationCall): Record<string, string> {
  return omitUndefined({
    [LATENCY]: headers[LATENCY],
    [SERVICE_TIER]: headers[SERVICE_TIER],
    [PROJECT_HEADER]: headers[PROJECT_HEADER],
  })
}
