import type { ModelPrice } from '../../models/price.ts'
import { add, type Decimal, multiply, toDecimal, toText, ZERO } from './decimal.ts'
import { type DetailedUsage, unsaidCacheWrites } from './detailed-usage.ts'

/** What a call costs by the catalogue's prices, in US dollars: of its tokens, and of nothing else. */
export interface EstimatedCost {
  /** Rounded to ten decimals; null where a price or a count that it takes is not known. */
  readonly usd: number | null
  readonly currency: 'USD'
  /** Day of the prices, YYYY-MM-DD; null where there are none. */
  readonly priceDate: string | null
  /** What is not known, where `usd` is null. */
  readonly reason?: string
}

export interface EstimateOptions {
  /** By default the one that the usage names, or else Bedrock's `default`. */
  readonly serviceTier?: string | undefined
}

/** A ten-billionth of a dollar: less than a token of the cheapest model costs. */
const DECIMALS = 10
const TOKENS_PER_PRICE = toDecimal(1e-6)

/**
 * The cost of what was used. Exact: 0.1 + 0.2 is 0.3 here. Never a guess: whatever is needed and not known makes it null.
 *
 * @param price undefined where the catalogue has none
 */
export function estimateCost(
  usage: DetailedUsage,
  price: ModelPrice | undefined,
  { serviceTier = usage.serviceTier ?? 'default' }: EstimateOptions = {},
): EstimatedCost {
  if (!price) return { usd: null, currency: 'USD', priceDate: null, reason: 'The model has no known price.' }
  const { asOf: priceDate } = price
  try {
    const sum = parts(usage, price).reduce(add, ZERO)
    const cost = multiply(multiply(sum, TOKENS_PER_PRICE), tierFactor(price, serviceTier))
    return { usd: Number(toText(cost, DECIMALS)), currency: 'USD', priceDate }
  } catch (error) {
    if (!(error instanceof UnknownError)) throw error
    return { usd: null, currency: 'USD', priceDate, reason: error.message }
  }
}

/** In plain digits: a header is not JSON, and 1e-7 is not for everybody a number. */
export function formatUsd(usd: number | null): string {
  return usd === null ? 'null' : toText(toDecimal(usd), DECIMALS)
}

/** Ends an estimate that lacks something. */
class UnknownError extends Error {
  override readonly name = 'UnknownError'
}

function parts(usage: DetailedUsage, price: ModelPrice): Decimal[] {
  if (usage.latency === 'optimized') throw new UnknownError('Latency-optimized calls have prices of their own.')
  return [
    part('input', usage.inputTokens, price.input),
    part('output', usage.outputTokens, price.output),
    // Where nothing is said of a cache there was none.
    part('cache read', usage.cacheReadInputTokens ?? 0, price.cacheRead),
    part('5-minute cache write', usage.cacheWrite5mInputTokens ?? 0, price.cacheWrite5m),
    part('1-hour cache write', usage.cacheWrite1hInputTokens ?? 0, price.cacheWrite1h),
    unsaidPart(unsaidCacheWrites(usage), price),
  ]
}

function part(kind: string, count: number | undefined, price: number | undefined): Decimal {
  if (count === 0 || price === 0) return ZERO
  if (count === undefined) throw new UnknownError(`Bedrock did not say how many ${kind} tokens there were.`)
  if (price === undefined) throw new UnknownError(`The price of ${kind} tokens is not known.`)
  return multiply(toDecimal(count), toDecimal(price))
}

/** How long they are kept does not matter only where it costs the same. */
function unsaidPart(count: number, { cacheWrite5m, cacheWrite1h }: ModelPrice): Decimal {
  if (count > 0 && cacheWrite5m !== cacheWrite1h) {
    throw new UnknownError('Bedrock did not say for how long tokens were written to the cache.')
  }
  return part('cache write', count, cacheWrite5m)
}

function tierFactor({ tiers }: ModelPrice, serviceTier: string): Decimal {
  const named = tiers && Object.hasOwn(tiers, serviceTier) ? tiers[serviceTier] : undefined
  const factor = serviceTier === 'default' ? 1 : named
  if (factor === undefined) throw new UnknownError(`The price of the service tier ${serviceTier} is not known.`)
  return toDecimal(factor)
}
