import type { ModelPrice } from '../../models/model-row.ts'
import { type EstimatedCost, estimateCost } from './estimate-cost.ts'

/** Call to estimate. */
export interface PlannedCall {
  /** Tokens of the whole input, including cached tokens. */
  readonly inputTokens: number
  /** Limit of the answer, in tokens. */
  readonly maxTokens: number
  /** Part of `inputTokens` that will be read from a cache, and part that will be written to one. */
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
  readonly cacheTtl?: '5m' | '1h'
  readonly serviceTier?: string | undefined
}

/** Estimated cost in US dollars; null if a price is unknown. */
export interface CallEstimate {
  readonly inputUsd: number | null
  /** Cost of an answer with all `maxTokens`. Most answers are shorter. */
  readonly maxOutputUsd: number | null
  readonly totalUsd: number | null
  readonly currency: 'USD'
  readonly priceDate: string | null
  readonly reason?: string
}

export function estimateCall(planned: PlannedCall, price: ModelPrice | undefined): CallEstimate {
  const { inputTokens, maxTokens, cacheReadTokens = 0, cacheWriteTokens = 0, cacheTtl = '5m', serviceTier } = planned
  const input = {
    inputTokens: inputTokens - cacheReadTokens - cacheWriteTokens,
    cacheReadInputTokens: cacheReadTokens,
    ...(cacheTtl === '1h'
      ? { cacheWrite1hInputTokens: cacheWriteTokens }
      : { cacheWrite5mInputTokens: cacheWriteTokens }),
  }
  const cost = (part: { readonly inputTokens: number; readonly outputTokens: number }): EstimatedCost =>
    estimateCost(part, price, { serviceTier })
  const total = cost({ ...input, outputTokens: maxTokens })
  return {
    inputUsd: cost({ ...input, outputTokens: 0 }).usd,
    maxOutputUsd: cost({ inputTokens: 0, outputTokens: maxTokens }).usd,
    totalUsd: total.usd,
    currency: total.currency,
    priceDate: total.priceDate,
    ...(total.reason !== undefined && { reason: total.reason }),
  }
}
