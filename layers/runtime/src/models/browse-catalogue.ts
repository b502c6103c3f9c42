import type { DescribeModelOptions, ModelDescription, ModelList } from './list-models.ts'
import type { ModelFilter } from './read-filter.ts'

/** Lists the models of the catalogue. Loads its code and data when it is called: no call of a model needs them. */
export async function listModels(
  filter?: ModelFilter,
  isAllowed?: (modelId: string) => boolean,
  now?: () => number,
): Promise<ModelList> {
  return (await import('./list-models.ts')).listModels(filter, isAllowed, now)
}

/** Describes one model of the catalogue, loaded likewise. Throws as describeModel of list-models.ts does. */
export async function describeModel(modelId: string, options: DescribeModelOptions): Promise<ModelDescription> {
  return (await import('./list-models.ts')).describeModel(modelId, options)
}
