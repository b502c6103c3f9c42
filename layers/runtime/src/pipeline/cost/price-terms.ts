import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { type DetailedUsage, unknownCacheWrites } from '../../core/usage.ts'
import type { JsonDocument } from '../../json/json-document.ts'

/** What a request asks for that the price of its answer depends on. */
export interface PriceTerms {
  /** Whether a cache point may be kept for an hour; without a word it is kept for five minutes. */
  readonly mayWriteForAnHour: boolean
  readonly asksForTier: boolean
  readonly asksForSpeed: boolean
}

export function readPriceTerms(
  { operation, headers }: Pick<ModelCall, 'operation' | 'headers'>,
  document: JsonDocument | undefined,
): PriceTerms {
  const mayWriteForAnHour = document?.bytes.includes('"1h"') ?? false
  if (isConverse(operation)) {
    const root = document?.root
    return {
      mayWriteForAnHour,
      asksForTier: root?.get('serviceTier') !== undefined,
      asksForSpeed: root?.get('performanceConfig')?.get('latency')?.text === 'optimized',
    }
  }
  return {
    mayWriteForAnHour,
    asksForTier: (headers['x-amzn-bedrock-service-tier'] ?? 'default') !== 'default',
    asksForSpeed: headers['x-amzn-bedrock-performanceconfig-latency'] === 'optimized',
  }
}

const UNCONFIRMED_TIER = 'that was asked for and not confirmed'

/** Adds what the answer leaves open and the request settles. */
export function completeUsage(usage: DetailedUsage, terms: PriceTerms): DetailedUsage {
  const { cacheWrite5mInputTokens = 0 } = usage
  const unknown = unknownCacheWrites(usage)
  return {
    ...usage,
    ...(unknown > 0 && !terms.mayWriteForAnHour && { cacheWrite5mInputTokens: cacheWrite5mInputTokens + unknown }),
    // Bedrock may serve another tier than was asked for: it is not known unless the answer says so.
    ...(usage.serviceTier === undefined && terms.asksForTier && { serviceTier: UNCONFIRMED_TIER }),
    ...(usage.latency === undefined && terms.asksForSpeed && { latency: 'optimized' }),
  }
}
