import {
  type Bedrock,
  clientRetries,
  countTries,
  describeAttempts,
  OPERATIONS,
  pickReplyHeaders,
} from '@bedrock-functions/runtime/bedrock'
import { BedrockError, jsonReply, type RestReply } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import {
  applyEdits,
  type JsonDocument,
  type JsonValue,
  parseObject,
  prependMember,
  readJsonIfAny,
  readJsonObject,
  removeMembers,
} from '@bedrock-functions/runtime/json'
import { assertModelAllowed } from '@bedrock-functions/runtime/models'
import {
  countRequest,
  estimateCall,
  estimateCount,
  isUncountable,
  type PriceBook,
} from '@bedrock-functions/runtime/pipeline'
import { assertLocationsAllowed, type InputLocations } from '@bedrock-functions/runtime/pipeline/admission'
import { readCount } from './read-count.ts'

export interface CountOptions {
  readonly bedrock: Bedrock
  readonly allowedModels: readonly string[]
  readonly prices: PriceBook
  /** S3 objects that a request may name. Bedrock reads them with the stack's permissions. */
  readonly inputLocations: InputLocations
  /** Resolves a caller's name of a model to its id. */
  readonly resolveModelId: (modelId: string) => string
}

/** Name of the limit of the answer in tokens: in the query, in the body, or in a direct event. */
const MAX_TOKENS = 'maxTokens'
const MAX_TOKENS_HEADER = 'x-bedrock-functions-max-tokens'
const ESTIMATED_HEADER = 'x-bedrock-functions-estimated'

/**
 * Creates the route of Bedrock's CountTokens, with two extensions. With `maxTokens`, the answer has the estimated cost of the
 * call. If Bedrock cannot count for the model, the answer is an estimate and says so.
 */
export function createCountTokensRoute(options: CountOptions): Route {
  const { bedrock, prices, allowedModels, inputLocations, resolveModelId } = options
  return {
    operation: 'CountTokens',
    ...OPERATIONS.CountTokens,
    async handle(call) {
      const modelId = resolveModelId(call.labels.modelId ?? '')
      assertModelAllowed(modelId, allowedModels)
      call.facts.modelId = modelId
      const document = readJsonObject(call.request.body)
      assertCountedLocationsAllowed(document.root.get('input'), document, call.request.caller, inputLocations)
      const { body, maxTokens } = readRequest(call, document)
      const reply = await count(call, { modelId, body, input: document.root.get('input') }, bedrock)
      const { inputTokens } = parseObject(reply.body)
      if (maxTokens === undefined || typeof inputTokens !== 'number') return reply
      const estimate = { maxTokens, ...estimateCall({ inputTokens, maxTokens }, await prices.find(modelId)) }
      return { ...reply, body: prependMember(reply.body, 'estimate', JSON.stringify(estimate)) }
    },
  }
}

/**
 * Refuses S3 locations that the caller may not use, in an input and in the native body that it may hold in base64.
 *
 * @throws BedrockError AccessDeniedException, ValidationException
 */
export function assertCountedLocationsAllowed(
  input: JsonValue | undefined,
  document: JsonDocument,
  caller: string | undefined,
  locations: InputLocations,
): void {
  assertLocationsAllowed(document, caller, locations, input)
  const encoded = input?.get('invokeModel')?.get('body')?.text
  const native =
    encoded === undefined ? undefined : readJsonIfAny(Buffer.from(encoded, 'base64'), 'input.invokeModel.body')
  if (native) assertLocationsAllowed(native, caller, locations)
}

interface Counted {
  readonly modelId: string
  readonly body: Uint8Array
  readonly input: JsonValue | undefined
}

async function count(
  { request, signal, facts }: Call,
  { modelId, body, input }: Counted,
  bedrock: Bedrock,
): Promise<RestReply> {
  try {
    const reply = await bedrock.send(countRequest(modelId, body), {
      signal,
      retry: !clientRetries(request.headers),
      onTry: countTries(facts),
    })
    const { inputTokens } = parseObject(reply.body)
    Object.assign(facts, describeAttempts(reply), typeof inputTokens === 'number' && { inputTokens })
    return { ...reply, headers: pickReplyHeaders(reply.headers) }
  } catch (error) {
    if (!isUncountable(error, modelId)) throw error
    const counted = estimateCount(input, error)
    facts.inputTokens = counted.inputTokens
    return jsonReply(counted, { [ESTIMATED_HEADER]: 'true' })
  }
}

/**
 * Reads `maxTokens`, and removes it from the body that goes to Bedrock.
 *
 * @throws BedrockError ValidationException for a `maxTokens` that is not a number of tokens
 */
function readRequest({ request }: Call, { root }: JsonDocument): { body: Uint8Array; maxTokens: number | undefined } {
  const { query, headers, body } = request
  const parameter = query[MAX_TOKENS] ?? headers[MAX_TOKENS_HEADER]
  const maxTokens =
    parameter === undefined ? undefined : readCount(MAX_TOKENS, Number(parameter.trim() || Number.NaN), 1)
  const [member] = root.getAll(MAX_TOKENS)
  if (!member) return { body, maxTokens }
  if (maxTokens !== undefined) {
    throw new BedrockError(
      'ValidationException',
      `${MAX_TOKENS} is given twice: in the body, and in the query or a header.`,
    )
  }
  return {
    body: applyEdits(body, removeMembers(root, [MAX_TOKENS])),
    maxTokens: readCount(MAX_TOKENS, member.parse(), 1),
  }
}
