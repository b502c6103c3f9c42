import { type DetailedUsage, isConverse, type ModelCall, unknownCacheWrites } from '../../core/model-call.ts'
import type { JsonDocument } from '../../json/json-document.ts'
import type { ModelPrice } from '../../models/model-row.ts'

/** Cost of a call's tokens by the prices of the catalogue, in US dollars. It includes tokens only. */
export interface EstimatedCost {
  /** Cost, rounded to ten decimals; null if a price or count is unknown. */
  readonly usd: number | null
  readonly currency: 'USD'
  /** Day of the prices, YYYY-MM-DD; null without prices. */
  readonly priceDate: string | null
  /** Missing fact, if `usd` is null. */
  readonly reason?: string
}

export interface EstimateOptions {
  /** Service tier; by default the tier of the usage, or `default`. */
  readonly serviceTier?: string | undefined
}

/** Precision of costs: a token of the cheapest model costs more than a ten-billionth of a dollar. */
const DECIMALS = 10
const TOKENS_PER_PRICE = toDecimal(1e-6)

/**
 * Computes the cost of a usage with exact decimals: 0.1 + 0.2 is 0.3. If a price or count is unknown, the cost is null.
 *
 * @param price price of the model; undefined if the catalogue has none
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

/** Cost of an answer from the response cache: an earlier call was charged for it. */
export const FREE: EstimatedCost = { usd: 0, currency: 'USD', priceDate: null }

/** Returns headers with the cost of an answer in US dollars, or `null` if it is unknown. */
export function costHeaders({ usd, priceDate }: EstimatedCost): Record<string, string> {
  return {
    'x-bedrock-functions-cost-usd': formatUsd(usd),
    ...(priceDate !== null && { 'x-bedrock-functions-price-date': priceDate }),
  }
}

/** Writes a cost without an exponent, since not every reader of a header understands 1e-7. */
export function formatUsd(usd: number | null): string {
  return usd === null ? 'null' : toText(toDecimal(usd), DECIMALS)
}

/** Error for a missing fact. */
class UnknownError extends Error {
  override readonly name = 'UnknownError'
}

function parts(usage: DetailedUsage, price: ModelPrice): Decimal[] {
  if (usage.latency === 'optimized') throw new UnknownError('Latency-optimized calls have prices of their own.')
  return [
    part('input', without(usage.inputTokens, usage.inputSpeechTokens), price.input),
    part('output', without(usage.outputTokens, usage.outputSpeechTokens), price.output),
    part('input speech', usage.inputSpeechTokens ?? 0, price.inputSpeech),
    part('output speech', usage.outputSpeechTokens ?? 0, price.outputSpeech),
    // If the answer does not mention a cache, none was used.
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

function without(count: number | undefined, speech = 0): number | undefined {
  return count === undefined ? undefined : Math.max(0, count - speech)
}

/** Computes the cost of cache writes for an unknown time. It is known only if both times cost the same. */
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

/** Settings of a request that the price of its answer depends on. */
export interface PriceTerms {
  /** True if a cache point may be kept for an hour. The default is five minutes. */
  readonly mayWriteForAnHour: boolean
  readonly asksForTier: boolean
  readonly asksForSpeed: boolean
}

export function readPriceTerms(
  { operation, headers }: Pick<ModelCall, 'operation' | 'headers'>,
  document: JsonDocument | undefined,
): PriceTerms {
  const mayWriteForAnHour = (document?.mayHaveMember('ttl') && document.bytes.includes('"1h"')) ?? false
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

/** Completes a usage with settings of the request that the answer does not state. */
export function completeUsage(usage: DetailedUsage, terms: PriceTerms): DetailedUsage {
  const { cacheWrite5mInputTokens = 0 } = usage
  const unknown = unknownCacheWrites(usage)
  return {
    ...usage,
    ...(unknown > 0 && !terms.mayWriteForAnHour && { cacheWrite5mInputTokens: cacheWrite5mInputTokens + unknown }),
    // Bedrock may serve another tier than the request asks for, so only the answer can state the tier.
    ...(usage.serviceTier === undefined && terms.asksForTier && { serviceTier: UNCONFIRMED_TIER }),
    ...(usage.latency === undefined && terms.asksForSpeed && { latency: 'optimized' }),
  }
}

/**
 * Exact decimal number, `units` × 10^-`scale`. Prices have up to six decimals and counts up to seven digits, so products and
 * sums of doubles would show rounding errors.
 */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

export const ZERO: Decimal = { units: 0n, scale: 0 }

/** Converts the written form of a number, not its binary value: 0.1 is exactly a tenth. */
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

/** Writes a non-negative number without exponent and trailing zeros, rounded half up to at most `places` decimals. */
export function toText({ units, scale }: Decimal, places: number): string {
  const excess = 10n ** BigInt(Math.max(0, scale - places))
  const kept = Math.min(scale, places)
  const digits = String((units + excess / 2n) / excess).padStart(kept + 1, '0')
  const whole = digits.slice(0, digits.length - kept)
  const fraction = digits.slice(digits.length - kept).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
