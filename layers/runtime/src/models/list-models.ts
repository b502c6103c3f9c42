import { toPrice } from './find-price.ts'
import { statusOn } from './lifecycle.ts'
import { loadCatalogue } from './load-catalogue.ts'
import type { CatalogueData, CatalogueModel, LifecycleStatus } from './model.ts'
import { OWN_ID, writeModelName } from './model-name.ts'
import type { ModelPrice } from './price.ts'
import { type FilterTests, type ModelFilter, readFilter } from './read-filter.ts'

/** A way to call a model. */
export interface ModelWay {
  readonly modelId: string
  /** Null where not known. */
  readonly pricePerMillionTokens: ModelPrice | null
}

/** A model as it is shown, with its ids spelled out. */
export interface ListedModel extends Omit<CatalogueModel, 'profiles' | 'prices'> {
  /** Today's. */
  readonly status: LifecycleStatus
  readonly invocableAs: readonly ModelWay[]
}

export interface ModelList {
  /** Day of the catalogue and of the prices, YYYY-MM-DD, and where all of it is from. */
  readonly asOf: string
  readonly pricesAsOf: string
  readonly sources: CatalogueData['sources']
  readonly currency: 'USD'
  readonly models: readonly ListedModel[]
}

/**
 * The models that the filter lets through, with those of their ids that `isAllowed`; one of which no id is left is left
 * out.
 *
 * @throws BedrockError ValidationException that names the wrong filter
 */
export async function listModels(
  filter: ModelFilter = {},
  isAllowed: (modelId: string) => boolean = () => true,
  now: () => number = Date.now,
): Promise<ModelList> {
  const day = new Date(now()).toISOString().slice(0, 10)
  const tests = readFilter(filter, day)
  const catalogue = await loadCatalogue()
  const { asOf, pricesAsOf, sources, currency } = catalogue
  const models = catalogue.models
    .filter((model) => tests.includesModel(model))
    .map((model) => listModel(catalogue, model, day, isAllowed, tests.includesWay))
    .filter(({ invocableAs }) => invocableAs.length > 0)
  return { asOf, pricesAsOf, sources, currency, models }
}

/** @param includesWay of which ids, by prefix */
export function listModel(
  catalogue: CatalogueData,
  model: CatalogueModel,
  day: string,
  isAllowed: (modelId: string) => boolean,
  includesWay: FilterTests['includesWay'] = () => true,
): ListedModel {
  const { profiles, prices: _, ...shown } = model
  const prefixes = model.onDemand === false ? profiles : [OWN_ID, ...profiles]
  return {
    ...shown,
    status: statusOn(day, model.lifecycle),
    invocableAs: prefixes
      .filter(includesWay)
      .map((prefix) => ({
        modelId: writeModelName(model.modelId, prefix),
        pricePerMillionTokens: toPrice(catalogue, model, prefix) ?? null,
      }))
      .filter(({ modelId }) => isAllowed(modelId)),
  }
}
