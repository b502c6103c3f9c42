import { loadCatalogue } from './load-catalogue.ts'
import type { CatalogueData, CatalogueModel } from './model.ts'
import { OWN_ID, readModelName } from './model-name.ts'
import type { ModelPrice } from './price.ts'

/**
 * The price of a model under the id or ARN by which it is called; undefined where it is not known.
 *
 * @param region where the call is made: prices of bare ids differ between regions, and those of US regions are known.
 * Without one they are given for any region.
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
