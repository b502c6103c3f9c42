import type { Bedrock } from '../../bedrock/bedrock-client.ts'
import { OPERATIONS } from '../../bedrock/operations.ts'
import { admitModel, describeWay, passedOn, retriesByItself } from '../../bedrock/to-bedrock-request.ts'
import type { Configuration } from '../../core/configuration.ts'
import { BedrockError, jsonReply, type RestReply } from '../../core/errors.ts'
import type { Call, Route } from '../../http/route.ts'
import { addMember } from '../../json/add-member.ts'
import { countRequest, estimateCount, isUncountable } from './count-input.ts'
import { asDocument, parseDocument, pickCount } from './detailed-usage.ts'
import { estimateCall } from './estimate-call.ts'
import type { PriceBook } from './price-book.ts'
import { readCount } from './read-count.ts'

export interface CountTokensOptions {
  readonly bedrock: Bedrock
  readonly configuration: Pick<Configuration, 'allowedModels'>
  readonly prices: PriceBook
  /** From an alias to a model's id, for one. */
  readonly resolveModelId?: ((modelId: string) => string | Promise<string>) | undefined
}

/** Where a caller says how long the answer may be: in the query, or in a direct event's or the body's member. */
const MAX_TOKENS = 'maxTokens'
const MAX_TOKENS_HEADER = 'x-bedrock-functions-max-tokens'
const ESTIMATED_HEADER = 'x-bedrock-functions-estimated'

/**
 * Bedrock's CountTokens, and beyond its contract: with `maxTokens` the answer has what such a call costs, and where
 * Bedrock cannot count there is an estimate that says so.
 */
export function createCountTokensRoute(options: CountTokensOptions): Route {
  const { bedrock, prices, configuration, resolveModelId = (modelId) => modelId } = options
  return {
    operation: 'CountTokens',
    ...OPERATIONS.CountTokens,
    async handle(call) {
      const modelId = await resolveModelId(call.labels.modelId ?? '')
      admitModel(modelId, configuration)
      call.facts.modelId = modelId
      const { body, maxTokens } = readRequest(call)
      const reply = await count({ ...call, modelId, body }, bedrock)
      const { inputTokens } = parseDocument(reply.body)
      if (maxTokens === undefined || typeof inputTokens !== 'number') return reply
      const estimate = estimateCall({ inputTokens, maxTokens }, await prices.find(modelId))
      return { ...reply, body: addMember(reply.body, 'estimate', { maxTokens, ...estimate }) }
    },
  }
}

type Count = Pick<Call, 'request' | 'signal' | 'facts'> & { readonly modelId: string; readonly body: Uint8Array }

async function count({ request, signal, facts, modelId, body }: Count, bedrock: Bedrock): Promise<RestReply> {
  try {
    const reply = await bedrock.send(countRequest(modelId, body), { signal, retry: !retriesByItself(request) })
    Object.assign(facts, describeWay(reply))
    const inputTokens = pickCount(parseDocument(reply.body), 'inputTokens')
    if (inputTokens !== undefined) facts.inputTokens = inputTokens
    return { ...reply, headers: passedOn(reply.headers) }
  } catch (error) {
    if (!isUncountable(error, modelId)) throw error
    const counted = estimateCount(asDocument(parseDocument(body).input), error)
    facts.inputTokens = counted.inputTokens
    return jsonReply(counted, { [ESTIMATED_HEADER]: 'true' })
  }
}

const NAMED = Buffer.from(`"${MAX_TOKENS}"`)

/** @throws BedrockError ValidationException for a `maxTokens` that is no number of tokens */
function readRequest({ request }: Call): { body: Uint8Array; maxTokens: number | undefined } {
  const { query, headers, body } = request
  const given = query[MAX_TOKENS] ?? headers[MAX_TOKENS_HEADER]
  const maxTokens = given === undefined ? undefined : readCount(MAX_TOKENS, Number(given.trim() || Number.NaN), 1)
  if (!Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(NAMED)) return { body, maxTokens }
  const { [MAX_TOKENS]: own, ...document } = parseDocument(body)
  if (own === undefined) return { body, maxTokens }
  if (maxTokens !== undefined) {
    throw new BedrockError('ValidationException', `${MAX_TOKENS} is given twice: in the body and beside it.`)
  }
  return { body: Buffer.from(JSON.stringify(document)), maxTokens: readCount(MAX_TOKENS, own, 1) }
}
