import type { Bedrock } from '../../bedrock/bedrock-client.ts'
import { admitModel, retriesByItself } from '../../bedrock/to-bedrock-request.ts'
import type { Configuration } from '../../core/configuration.ts'
import { BedrockError, jsonReply } from '../../core/errors.ts'
import type { Route } from '../../http/route.ts'
import { foundationModelId } from '../../models/model-id.ts'
import { type CountOptions, countOrEstimate, type TokenCount } from './count-input.ts'
import { asDocument, type Document } from './detailed-usage.ts'
import { type CallEstimate, estimateCall } from './estimate-call.ts'
import type { PriceBook } from './price-book.ts'
import { type EstimateRequest, readEstimateRequest, type SortBy } from './read-estimate-request.ts'

export interface EstimateOptions {
  readonly bedrock: Bedrock
  readonly configuration: Pick<Configuration, 'allowedModels'>
  readonly prices: PriceBook
  /** From an alias to a model's id, for one. */
  readonly resolveModelId?: ((modelId: string) => string | Promise<string>) | undefined
}

/** One model's line of the comparison. */
interface ModelEstimate extends TokenCount {
  /** As the caller named it. */
  readonly modelId: string
  /** What that stands for, where it is another. */
  readonly resolvedModelId?: string
  readonly estimate: CallEstimate
}

/** POST /estimate: what one request would cost with each of several models. None of them is called. */
export function createEstimateRoute(options: EstimateOptions): Route {
  const { bedrock, prices, configuration, resolveModelId = (modelId) => modelId } = options
  return {
    operation: 'EstimateCost',
    method: 'POST',
    path: '/estimate',
    async handle({ request, signal, facts }) {
      const asked = readEstimateRequest(request.body)
      const models = await Promise.all(
        asked.modelIds.map(async (modelId) => ({ modelId, resolved: await resolveModelId(modelId) })),
      )
      for (const { resolved } of models) admitModel(resolved, configuration)
      facts.models = models.length
      const count = countOnce(asked.input, { bedrock, signal, retry: !retriesByItself(request) })
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

/** Profiles of one model have the same tokens. */
function countOnce(input: Document, options: CountOptions): (modelId: string) => Promise<TokenCount> {
  const counts = new Map<string, Promise<TokenCount>>()
  return (modelId) => {
    const baseId = foundationModelId(modelId)
    const count = counts.get(baseId) ?? countOrEstimate(baseId, withEncodedBody(input), options)
    counts.set(baseId, count)
    return count
  }
}

/** CountTokens takes a native body in base64; here it may stand as the document that it is. */
function withEncodedBody(input: Document): Document {
  const { body } = asDocument(input.invokeModel)
  if (body === undefined || typeof body === 'string') return input
  return { invokeModel: { body: Buffer.from(JSON.stringify(body)).toString('base64') } }
}

function checkCache(asked: EstimateRequest, { inputTokens }: TokenCount, modelId: string): void {
  const cached = asked.cacheReadTokens + asked.cacheWriteTokens
  if (cached <= inputTokens) return
  throw new BedrockError(
    'ValidationException',
    `cacheReadTokens and cacheWriteTokens are ${cached} together, but the whole input has ${inputTokens} tokens for ${modelId}: they are a part of it.`,
  )
}

/** Ascending; what is not known comes last. */
function sort(lines: readonly ModelEstimate[], sortBy: SortBy): readonly ModelEstimate[] {
  if (sortBy === 'asked') return lines
  const keyOf = (line: ModelEstimate): number =>
    (sortBy === 'inputTokens' ? line.inputTokens : line.estimate[sortBy]) ?? Number.POSITIVE_INFINITY
  return lines.toSorted((a, b) => {
    const [first, second] = [keyOf(a), keyOf(b)]
    return first === second ? 0 : first - second
  })
}
