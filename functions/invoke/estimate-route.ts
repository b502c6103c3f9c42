import { clientRetries } from '@bedrock-functions/runtime/bedrock'
import { BedrockError, jsonReply } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import type { JsonValue } from '@bedrock-functions/runtime/json'
import { assertModelAllowed, foundationModelId } from '@bedrock-functions/runtime/models'
import { type CallEstimate, countOrEstimate, estimateCall, type TokenCount } from '@bedrock-functions/runtime/pipeline'
import { assertCountedLocationsAllowed, type CountOptions } from './count-tokens-route.ts'
import { type EstimateRequest, readEstimateRequest, type SortBy } from './read-estimate-request.ts'

/** Estimate of one model in the comparison. */
interface ModelEstimate extends TokenCount {
  /** Model as the caller named it. */
  readonly modelId: string
  /** Id of the model, if it differs from the caller's name. */
  readonly resolvedModelId?: string
  readonly estimate: CallEstimate
}

/** Creates the route POST /estimate: the cost of one request for each of several models. It calls no model. */
export function createEstimateRoute(options: CountOptions): Route {
  const { bedrock, prices, allowedModels, inputLocations, resolveModelId } = options
  return {
    operation: 'EstimateCost',
    method: 'POST',
    path: '/estimate',
    async handle({ request, signal, facts }) {
      const asked = readEstimateRequest(request.body)
      assertCountedLocationsAllowed(asked.input, asked.document, request.caller, inputLocations)
      const models = asked.modelIds.map((modelId) => ({ modelId, resolved: resolveModelId(modelId) }))
      for (const { resolved } of models) assertModelAllowed(resolved, allowedModels)
      facts.models = models.length
      const body = toCountBody(asked.input)
      const counts = new Map<string, Promise<TokenCount>>()
      /** Counts once per foundation model: all profiles of a model count the same tokens. */
      const count = (modelId: string): Promise<TokenCount> => {
        const baseId = foundationModelId(modelId)
        const counted =
          counts.get(baseId) ??
          countOrEstimate(baseId, body, asked.input, { bedrock, signal, retry: !clientRetries(request.headers) })
        counts.set(baseId, counted)
        return counted
      }
      const lines = await Promise.all(
        models.map(async ({ modelId, resolved }): Promise<ModelEstimate> => {
          const [counted, price] = await Promise.all([count(resolved), prices.find(resolved)])
          checkCache(asked, counted, modelId)
          return {
            modelId,
            ...(resolved !== modelId && { resolvedModelId: resolved }),
            ...counted,
            estimate: estimateCall({ ...asked, ...counted }, price),
          }
        }),
      )
      const { maxTokens, serviceTier, sortBy } = asked
      return jsonReply({ maxTokens, serviceTier, sortBy, models: sort(lines, sortBy) })
    },
  }
}

/**
 * Writes the body of CountTokens. A native body that is given as a document is encoded in base64, as CountTokens expects.
 */
function toCountBody(input: JsonValue): Buffer {
  const native = input.get('invokeModel')?.get('body')
  if (native?.kind !== 'object') return Buffer.concat([Buffer.from('{"input":'), input.bytes, Buffer.from('}')])
  return Buffer.from(JSON.stringify({ input: { invokeModel: { body: native.bytes.toString('base64') } } }))
}

function checkCache(asked: EstimateRequest, { inputTokens }: TokenCount, modelId: string): void {
  const cached = asked.cacheReadTokens + asked.cacheWriteTokens
  if (cached <= inputTokens) return
  throw new BedrockError(
    'ValidationException',
    `cacheReadTokens and cacheWriteTokens are ${cached} together, but the whole input has ${inputTokens} tokens for ${modelId}: they are a part of it.`,
  )
}

/** Sorts in ascending order. Lines without a value for the key come last. */
function sort(lines: readonly ModelEstimate[], sortBy: SortBy): readonly ModelEstimate[] {
  if (sortBy === 'asked') return lines
  const keyOf = (line: ModelEstimate): number =>
    (sortBy === 'inputTokens' ? line.inputTokens : line.estimate[sortBy]) ?? Number.POSITIVE_INFINITY
  return lines.toSorted((a, b) => {
    const [first, second] = [keyOf(a), keyOf(b)]
    return first === second ? 0 : first - second
  })
}
