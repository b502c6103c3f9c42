import { checkConversation } from '../conversation/check-conversation.ts'
import type { TokenUsage } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import { applyDirectives } from '../directives/apply-directives.ts'
import type { ChatFamily, EmbeddingFamily } from '../families/family.ts'
import { selectFamily } from '../families/index.ts'
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
import { answerConversation } from './answer-conversation.ts'
import type { Operation, OperationAnswer, OperationCall } from './operation.ts'

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

export const invokeModel: Operation = async (call) => {
  const model = resolveModel(call.resource)
  requireOnDemand(model)
  requireShape(call.headers, headerShape, describeForService)
  const body = parseJsonObject(call.body)
  const guardrail = readGuardrailHeaders(call, body)
  const family = selectFamily(model, body)
  return family.kind === 'embedding' ? embed(family, body, call) : chat(family, model, body, call, guardrail)
}

async function chat(
  family: ChatFamily,
  model: Model,
  body: JsonObject,
  call: OperationCall,
  guardrail: GuardrailReference | undefined,
): Promise<OperationAnswer> {
  const { request: parsed, rules } = family.parseRequest(body)
  checkConversation(parsed, model, rules)
  const tag = readString(readObject(body[GUARDRAIL_CONFIG])?.tagSuffix)

  const { request, answer, trace } = await answerConversation(parsed, call, { guardrail, tag })

  const id = deriveId(hashRequest(request), 'message')
  const traced = call.headers[TRACE] === 'ENABLED' || call.headers[TRACE] === 'ENABLED_FULL'
  return {
    headers: renderHeaders(call, answer.usage),
    body: {
      ...family.renderAnswer(answer, { request, model, id }),
      ...(trace && guardrail && renderNativeGuardrail(trace, guardrail, traced)),
    },
    usage: answer.usage,
  }
}

/** Embeddings have no prompt to answer, but directives in what they embed work as everywhere. */
async function embed(family: EmbeddingFamily, body: JsonObject, call: OperationCall): Promise<OperationAnswer> {
  const { body: embeddings, inputTokens } = family.embed(body)
  await applyDirectives([body.inputText, body.texts].flat().join('\n'), call)
  return {
    headers: renderHeaders(call, { inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }),
    body: embeddings,
    usage: { inputTokens },
  }
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

function renderHeaders(call: OperationCall, usage: TokenUsage): Record<string, string> {
  const { cacheReadTokens, cacheWriteTokens } = usage
  const hasCache = cacheReadTokens + cacheWriteTokens > 0
  return {
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-invocation-latency': String(call.elapsed()),
    ...(hasCache && {
      'x-amzn-bedrock-cache-read-input-token-count': String(cacheReadTokens),
      'x-amzn-bedrock-cache-write-input-token-count': String(cacheWriteTokens),
    }),
    ...definedOnly({ [LATENCY]: call.headers[LATENCY], [SERVICE_TIER]: call.headers[SERVICE_TIER] }),
  }
}
