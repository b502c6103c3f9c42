import type { ListedModel, ModelList } from '../../models/list-models.ts'

/** Model in OpenAI's API. */
export interface OpenAiModel {
  readonly id: string
  readonly object: 'model'
  /** Seconds since 1970. The catalogue does not know when a model appeared: it is the day of the catalogue. */
  readonly created: number
  /** Provider of the model, such as `anthropic`. */
  readonly owned_by: string
  /** Day on which the model ends, YYYY-MM-DD; absent: it is not announced. */
  readonly shutdown_date?: string
}

export interface OpenAiModelList {
  readonly object: 'list'
  readonly data: readonly OpenAiModel[]
}

/**
 * Lists models as OpenAI's `GET /v1/models` does: the aliases, then all ids that can be called. Aliases without a listed model
 * are left out.
 *
 * @param list models with the ids that this stack allows
 * @param aliases aliases of the catalogue and of the operator, each with its ids, the best first
 */
export function listOpenAiModels(
  { models, asOf }: Pick<ModelList, 'models' | 'asOf'>,
  aliases: Readonly<Record<string, readonly string[]>>,
): OpenAiModelList {
  const find = (id: string) =>
    models.find((model) => model.modelId === id || model.invocableAs.some(({ modelId }) => modelId === id))
  const ofAliases = Object.entries(aliases).flatMap(([alias, ids]) => {
    const model = ids.map(find).find((found) => found !== undefined)
    return model ? [toOpenAiModel(alias, model, asOf)] : []
  })
  const ofIds = models.flatMap((model) => model.invocableAs.map(({ modelId }) => toOpenAiModel(modelId, model, asOf)))
  return { object: 'list', data: [...ofAliases, ...ofIds] }
}

/**
 * Makes the document of `GET /v1/models/{id}`.
 *
 * @param id name that the caller used
 * @param asOf day of the catalogue, YYYY-MM-DD
 */
export function toOpenAiModel(
  id: string,
  { provider, lifecycle }: Pick<ListedModel, 'provider' | 'lifecycle'>,
  asOf: string,
): OpenAiModel {
  const { endOfLifeDate } = lifecycle
  return {
    id,
    object: 'model',
    created: Math.floor(Date.parse(asOf) / 1_000),
    owned_by: provider,
    ...(endOfLifeDate !== null && { shutdown_date: endOfLifeDate }),
  }
}
