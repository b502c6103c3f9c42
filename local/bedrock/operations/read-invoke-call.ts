import type { Family } from '../families/family.ts'
import { selectFamily } from '../families/index.ts'
import type { GuardrailTrace } from '../guardrails/guard-answer.ts'
import { type GuardrailReference, readGuardrail } from '../guardrails/reference.ts'
import { renderNativeGuardrail } from '../guardrails/render-trace.ts'
import { guardrailMessages, validationError } from '../messages.ts'
import { type Model, requireOnDemand, resolveModel } from '../models/resolve-model.ts'
import { describeForModel, describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { definedOnly, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { oneOf, structure } from '../shapes/shape.ts'
import type { OperationCall } from './operation.ts'

const LATENCY = 'x-amzn-bedrock-performanceconfig-latency'
const SERVICE_TIER = 'x-amzn-bedrock-service-tier'
const TRACE = 'x-amzn-bedrock-trace'

/** Member of a native body that says which part of it a guardrail shall look at. */
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

/** A request of InvokeModel or InvokeModelWithResponseStream, checked but for the family's own rules. */
export interface InvokeCall {
  readonly model: Model
  readonly family: Family
  readonly body: JsonObject
  readonly guardrail?: GuardrailReference
  /** Suffix of the tags that mark what the guardrail shall look at. */
  readonly tag?: string
}

/** ValidationException for everything that both refuse. */
export function readInvokeCall(call: OperationCall): InvokeCall {
  const model = resolveModel(call.resource)
  requireOnDemand(model)
  requireShape(call.headers, headerShape, describeForService)
  const body = parseJsonObject(call.body)
  const guardrail = readGuardrailHeaders(call, body)
  const tag = readString(readObject(body[GUARDRAIL_CONFIG])?.tagSuffix)
  return { model, family: selectFamily(model, body), body, ...definedOnly({ guardrail, tag }) }
}

function readGuardrailHeaders({ headers }: OperationCall, body: JsonObject): GuardrailReference | undefined {
  requireShape(body, guardrailConfigShape, describeForModel)
  const guardrail = readGuardrail(
    headers['x-amzn-bedrock-guardrailidentifier'],
    headers['x-amzn-bedrock-guardrailversion'],
  )
  if (!guardrail && body[GUARDRAIL_CONFIG] !== undefined) throw validationError(guardrailMessages.identifierMissing)
  if (guardrail && !headers['content-type']?.startsWith('application/json')) {
    throw validationError(guardrailMessages.contentType)
  }
  return guardrail
}

/** What a guardrail adds to the answer's body, or to the last event of a stream. */
export function renderGuardrailMembers(
  { guardrail }: InvokeCall,
  { headers }: OperationCall,
  trace: GuardrailTrace | undefined,
): JsonObject {
  if (!trace || !guardrail) return {}
  return renderNativeGuardrail(trace, guardrail, headers[TRACE] === 'ENABLED' || headers[TRACE] === 'ENABLED_FULL')
}

/** The request's headers that the answer repeats. */
export function echoHeaders({ headers }: OperationCall): Record<string, string> {
  return definedOnly({ [LATENCY]: headers[LATENCY], [SERVICE_TIER]: headers[SERVICE_TIER] })
}
