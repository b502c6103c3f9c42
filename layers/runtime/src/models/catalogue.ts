import '../core/index.ts'
import { OWN_ID, readModelName } from './model-id.ts'
import type { CatalogueData, CatalogueModel, ModelPrice } from './model-row.ts'

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

/** Read when it is asked for: no call of a model needs it at its cold start. */
export async function loadCatalogue(): Promise<CatalogueData> {
  const { default: catalogue } = await import('./models.json', { with: { type: 'json' } })
  // tests/unit/catalogue/data.test.ts checks that it is one.
  return catalogue as unknown as CatalogueData
}
