import '../core/index.ts'
import { OWN_ID, readModelName } from './model-id.ts'
import type { CatalogueData, CatalogueModel, ModelPrice } from './model-row.ts'

/**
 * Finds the price of a model for the id or ARN of the call.
 *
 * @param region Region of the call. Prices of bare ids differ between Regions, and only those of US Regions are known. Without
 *   a Region, the result is the US price.
 * @returns undefined: the price is not known
 */
export async function findPrice(modelId: string, region?: string): Promise<ModelPrice | undefined> {
  const name = readModelName(modelId)
  if (!name) return undefined
  if (name.prefix === undefined && region !== undefined && !/^us-(?!gov-|iso)/.test(region)) return undefined
  const catalogue = await loadCatalogue()
  const model = catalogue.models.find((candidate) => candidate.modelId === name.baseId)
  return model && toPrice(catalogue, model, name.prefix ?? OWN_ID)
}

/** @param prefix of a profile, or `base` */
export function toPrice(catalogue: CatalogueData, model: CatalogueModel, prefix: string): ModelPrice | undefined {
  const stored = model.prices[prefix]
  if (!stored) return undefined
  const known = Object.entries(catalogue.tierFactors).filter(([tier]) => model.serviceTiers?.includes(tier))
  return {
    asOf: catalogue.pricesAsOf,
    ...stored,
    ...(known.length > 0 && { tiers: Object.fromEntries(known) }),
  }
}

/** Loads the table of models. It is large, and no cold start needs it. */
export async function loadCatalogue(): Promise<CatalogueData> {
  const { default: catalogue } = await import('./models.json', { with: { type: 'json' } })
  // tests/unit/catalogue/data.test.ts checks that it is one.
  return catalogue as unknown as CatalogueData
}
