import { BedrockError } from '../core/errors.ts'
import { findPrice } from './find-price.ts'
import { type ListedModel, listModel } from './list-models.ts'
import { loadCatalogue } from './load-catalogue.ts'
import type { CatalogueModel } from './model.ts'
import { readModelName } from './model-name.ts'
import type { ModelPrice } from './price.ts'
import type { ResolvedModel } from './resolve-id.ts'

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
