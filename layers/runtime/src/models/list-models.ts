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
  /** null: not known. */
  readonly pricePerMillionTokens: ModelPrice | null
}

/** A model in a list, with all its ids. */
export interface ListedModel extends Omit<CatalogueModel, 'profiles' | 'prices'> {
  /** Status of today. */
  readonly status: LifecycleStatus
  readonly invocableAs: readonly ModelWay[]
}

export interface ModelList {
  /** Days of the catalogue and of the prices, YYYY-MM-DD. */
  readonly asOf: string
  readonly pricesAsOf: string
  readonly sources: CatalogueData['sources']
  readonly currency: 'USD'
  readonly models: readonly ListedModel[]
}

/**
 * Lists the models that the filter includes, with their allowed ids. A model without an allowed id is left out.
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

/** @param includesWay selects ids by their prefix */
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

/** A model, and the id that this stack calls for the requested one. */
export interface ModelDescription extends ListedModel {
  readonly requestedModelId: string
  /** Id that the stack calls for the requested one. */
  readonly resolvedModelId: string
  /** Price of the resolved id; null: not known. */
  readonly pricePerMillionTokens: ModelPrice | null
  readonly warning?: string
  readonly asOf: string
}

export interface DescribeModelOptions {
  readonly isAllowed: (modelId: string) => boolean
  /** Resolves the id of a call, see createIdResolver. */
  readonly resolveId: (modelId: string) => ResolvedModel
  /** Milliseconds since 1970; the system clock by default. */
  readonly now?: (() => number) | undefined
}

/**
 * Describes a model by any of its names: its id, the id of a profile, the ARN of either, or an alias.
 *
 * @throws BedrockError ResourceNotFoundException for a model that is not in the catalogue, AccessDeniedException for a model
 *   without an allowed id; the errors of `resolveId`
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
      `modelId ${requestedModelId} is not in the catalogue of ${catalogue.asOf}. Bedrock may still have it. GET /models lists the catalogue.`,
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

/** Finds the row of an id or ARN. */
export async function findModel(modelId: string): Promise<CatalogueModel | undefined> {
  const name = readModelName(modelId)
  const { models } = await loadCatalogue()
  return name && models.find((model) => model.modelId === name.baseId)
}
