import type { Usage } from '../core/model-call.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'

/** Sum over answers, kept in the metadata of the objects that hold them. */
export interface Totals {
  readonly errors: number
  readonly usage: Usage
  /** US dollars; null if the cost of an answer is unknown. */
  readonly usd: number | null
  readonly priceDate: string | null
}

export const NO_TOTALS: Totals = { errors: 0, usage: {}, usd: 0, priceDate: null }

/** Reads the totals of one answer, or of an object with answers. */
export function totalsOf(
  source:
    | { readonly usage: Usage; readonly estimatedCost: EstimatedCost }
    | { readonly metadata: Readonly<Record<string, string>> },
): Totals {
  if ('metadata' in source) return source.metadata.totals ? (JSON.parse(source.metadata.totals) as Totals) : NO_TOTALS
  const { usage, estimatedCost } = source
  return { errors: 0, usage, usd: estimatedCost.usd, priceDate: estimatedCost.priceDate }
}

export function writeTotals(totals: Totals): Record<string, string> {
  return { totals: JSON.stringify(totals) }
}

export function addAnswer(sum: Totals, added: Totals): Totals {
  return {
    errors: sum.errors + added.errors,
    usage: addUsage(sum.usage, added.usage),
    usd: sum.usd === null || added.usd === null ? null : addUsd(sum.usd, added.usd),
    priceDate: sum.priceDate ?? added.priceDate,
  }
}

export function addUsage(sum: Usage, added: Usage): Usage {
  const names = [...new Set([...Object.keys(sum), ...Object.keys(added)])] as (keyof Usage)[]
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = [sum[name], added[name]].filter((value) => typeof value === 'number')
      return values.length === 0 ? [] : [[name, values.reduce((total, value) => total + value, 0)]]
    }),
  ) as Usage
}

/** Adds costs without the error of binary fractions: costs have at most ten decimals. */
function addUsd(first: number, second: number): number {
  return (Math.round(first * 1e10) + Math.round(second * 1e10)) / 1e10
}

export function toCost({ usd, priceDate }: Totals): EstimatedCost {
  return {
    usd,
    currency: 'USD',
    priceDate,
    ...(usd === null && { reason: 'The cost of an answer is unknown.' }),
  }
}
