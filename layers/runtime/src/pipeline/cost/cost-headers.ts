import { type EstimatedCost, formatUsd } from './estimate-cost.ts'

/** Headers with which an answer says what its call costs: in US dollars, or `null` where that is not known. */
export function costHeaders({ usd, priceDate }: EstimatedCost): Record<string, string> {
  return {
    'x-bedrock-functions-cost-usd': formatUsd(usd),
    ...(priceDate !== null && { 'x-bedrock-functions-price-date': priceDate }),
  }
}
