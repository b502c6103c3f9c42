/** What one call used, as Bedrock says it. A member is absent where Bedrock did not say. */
export interface Usage {
  /** Input tokens that were neither read from a cache nor written to one. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  /** All tokens that were written to a cache. */
  readonly cacheWriteInputTokens?: number
  readonly stopReason?: string
}

/** A usage with all that the price of a call depends on. */
export interface DetailedUsage extends Usage {
  /** Tokens written to a cache that are kept for five minutes. */
  readonly cacheWrite5mInputTokens?: number
  /** Tokens written to a cache that are kept for an hour. */
  readonly cacheWrite1hInputTokens?: number
  /** The tier that served the call: `default`, `flex`, `priority`, `reserved`. */
  readonly serviceTier?: string
  /** `standard` or `optimized`. */
  readonly latency?: string
}

/** The usage that logs, metrics, events and jobs show. */
export function summarizeUsage(usage: DetailedUsage): Usage {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens, stopReason } = usage
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadInputTokens !== undefined && { cacheReadInputTokens }),
    ...(cacheWriteInputTokens !== undefined && { cacheWriteInputTokens }),
    ...(stopReason !== undefined && { stopReason }),
  }
}

/** Tokens written to a cache of which it is not known how long they are kept. */
export function unknownCacheWrites(usage: DetailedUsage): number {
  const { cacheWriteInputTokens = 0, cacheWrite5mInputTokens = 0, cacheWrite1hInputTokens = 0 } = usage
  return Math.max(0, cacheWriteInputTokens - cacheWrite5mInputTokens - cacheWrite1hInputTokens)
}
