import { type DetailedUsage, isConverse, type ModelCall, unknownCacheWrites } from '../../core/model-call.ts'
import type { JsonDocument } from '../../json/json-document.ts'
import type { ModelPrice } from '../../models/model-row.ts'

/** The cost of a call's tokens by the catalogue's prices, in US dollars. Nothing else is in it. */
export interface EstimatedCost {
  /** Rounded to ten decimals; null where a price or a count that it takes is not known. */
  readonly usd: number | null
  readonly currency: 'USD'
  /** Day of the prices, YYYY-MM-DD; null where there are none. */
  readonly priceDate: string | null
  /** The missing fact, where `usd` is null. */
  readonly reason?: string
}

export interface EstimateOptions {
  /** By default the tier that the usage names, or else Bedrock's `default`. */
  readonly serviceTier?: string | undefined
}

/** A ten-billionth of a dollar: less than a token of the cheapest model costs. */
const DECIMALS = 10
const TOKENS_PER_PRICE = toDecimal(1e-6)

/**
 * Computes the cost of a usage. It is exact: 0.1 + 0.2 is 0.3 here. It is never a guess: a price or count that is not known
 * makes it null.
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

/** The cost of an answer that came from the response cache: another call paid for it. */
export const FREE: EstimatedCost = { usd: 0, currency: 'USD', priceDate: null }

/** Headers with which an answer states its cost: in US dollars, or `null` where it is not known. */
export function costHeaders({ usd, priceDate }: EstimatedCost): Record<string, string> {
  return {
    'x-bedrock-functions-cost-usd': formatUsd(usd),
    ...(priceDate !== null && { 'x-bedrock-functions-price-date': priceDate }),
  }
}

/** In plain digits: a header is not JSON, and not everybody reads 1e-7 as a number. */
export function formatUsd(usd: number | null): string {
  return usd === null ? 'null' : toText(toDecimal(usd), DECIMALS)
}

/** Ends an estimate that lacks a fact. */
class UnknownError extends Error {
  override readonly name = 'UnknownError'
}

function parts(usage: DetailedUsage, price: ModelPrice): Decimal[] {
  if (usage.latency === 'optimized') throw new UnknownError('Latency-optimized calls have prices of their own.')
  return [
    part('input', usage.inputTokens, price.input),
    part('output', usage.outputTokens, price.output),
    // An answer that does not mention a cache used none.
    part('cache read', usage.cacheReadInputTokens ?? 0, price.cacheRead),
    part('5-minute cache write', usage.cacheWrite5mInputTokens ?? 0, price.cacheWrite5m),
    part('1-hour cache write', usage.cacheWrite1hInputTokens ?? 0, price.cacheWrite1h),
    unknownWritesPart(unknownCacheWrites(usage), price),
  ]
}

function part(kind: string, count: number | undefined, price: number | undefined): Decimal {
  if (count === 0 || price === 0) return ZERO
  if (count === undefined) throw new UnknownError(`Bedrock did not say how many ${kind} tokens there were.`)
  if (price === undefined) throw new UnknownError(`The price of ${kind} tokens is not known.`)
  return multiply(toDecimal(count), toDecimal(price))
}

/** The time that they are kept matters unless both cost the same. */
function unknownWritesPart(count: number, { cacheWrite5m, cacheWrite1h }: ModelPrice): Decimal {
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

/**
 * An exact decimal number, `units` × 10^-`scale`. Prices have up to six decimals and counts seven digits: as doubles
 * their products and sums show digits that nobody has been charged.
 */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

export const ZERO: Decimal = { units: 0n, scale: 0 }

/** The number that is written, not the nearest double to it: 0.1 is a tenth. */
export function toDecimal(number: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(number).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const units = BigInt(whole + fraction)
  const scale = fraction.length - Number(exponent)
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale }
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale }
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale }
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale)
}

/** In plain digits without trailing zeros, rounded half up to at most `places` decimals. For what is not negative. */
export function toText({ units, scale }: Decimal, places: number): string {
  const excess = 10n ** BigInt(Math.max(0, scale - places))
  const kept = Math.min(scale, places)
  const digits = String((units + excess / 2n) / excess).padStart(kept + 1, '0')
  const whole = digits.slice(0, digits.length - kept)
  const fraction = digits.slice(digits.length - kept).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
