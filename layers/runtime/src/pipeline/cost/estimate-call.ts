import type { ModelPrice } from '../../models/model-row.ts'
import { type EstimatedCost, estimateCost } from './estimate-cost.ts'

/** A call that is yet to be made. */
export interface PlannedCall {
  /** All of the input's, those of the cache included. */
  readonly inputTokens: number
  /** The most that the answer may have. */
  readonly maxTokens: number
  /** Of the input's tokens those that will be read from a cache, or written to one. */
  readonly cacheReadTokens?: number
  readonly cacheWriteTokens?: number
  readonly cacheTtl?: '5m' | '1h'
  readonly serviceTier?: string | undefined
}

/** In US dollars; null where a price is not known. */
export interface CallEstimate {
  readonly inputUsd: number | null
  /** What an answer of all `maxTokens` costs: most answers are shorter. */
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
