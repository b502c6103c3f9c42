import '../core/index.ts'
import { BedrockError } from '../core/errors.ts'
import { findPrice, loadCatalogue, toPrice } from './catalogue.ts'
import { OWN_ID, readModelName, writeModelName } from './model-id.ts'
import type { CatalogueData, CatalogueModel, LifecycleStatus, ModelPrice } from './model-row.ts'
import { type FilterTests, type ModelFilter, readFilter } from './read-filter.ts'
import { statusOn } from './resolution.ts'
import type { ResolvedModel } from './resolve-id.ts'

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

/** One model, and what the id that was asked for means here. */
export interface ModelDescription extends ListedModel {
  readonly requestedModelId: string
  /** What a call that names the requested id is sent to. */
  readonly resolvedModelId: string
  /** Of the resolved id; null where not known. */
  readonly pricePerMillionTokens: ModelPrice | null
  readonly warning?: string
  readonly asOf: string
}

export interface DescribeModelOptions {
  readonly isAllowed: (modelId: string) => boolean
  /** What a call's id becomes, see createIdResolver. */
  readonly resolveId: (modelId: string) => ResolvedModel
  /** Milliseconds since 1970; the system's by default. */
  readonly now?: (() => number) | undefined
}

/**
 * Explains a model by any form of its name: its own id, a profile's, an ARN of either, an alias.
 *
 * @throws BedrockError ResourceNotFoundException for one that the catalogue does not have, AccessDeniedException for one of
 * which nothing is allowed; what `resolveId` throws
 */
export async function describeModel(
  requestedModelId: string,
  { isAllowed, resolveId, now = Date.now }: DescribeModelOptions,
): Promise<ModelDescription> {
  const { modelId: resolvedModelId, warning } = resolveId(requestedModelId)
  const catalogue = await loadCatalogue()
  const model = await findModel(resolvedModelId)
  if (!model) {
    throw new BedrockError(
      'ResourceNotFoundException',
      `modelId ${requestedModelId} is not in the catalogue of ${catalogue.asOf}; Bedrock may know it all the same. GET /models lists the catalogue.`,
    )
  }
  const listed = listModel(catalogue, model, new Date(now()).toISOString().slice(0, 10), isAllowed)
  if (listed.invocableAs.length === 0) {
    throw new BedrockError(
      'AccessDeniedException',
      `modelId ${requestedModelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
    )
  }
  return {
    requestedModelId,
    resolvedModelId,
    pricePerMillionTokens: (await findPrice(resolvedModelId)) ?? null,
    ...(warning !== undefined && { warning }),
    ...listed,
    asOf: catalogue.asOf,
  }
}

/** The catalogue's entry behind an id or ARN; undefined where it has none. */
export async function findModel(modelId: string): Promise<CatalogueModel | undefined> {
  const name = readModelName(modelId)
  const { models } = await loadCatalogue()
  return name && models.find((model) => model.modelId === name.baseId)
}
