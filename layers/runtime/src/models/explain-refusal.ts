import { RestError } from '../core/errors.ts'
import { readModelName } from './model-id.ts'
import { RESOLUTION, type Resolution } from './resolution.ts'
import { createIdResolver, type ModelResolverOptions, type ResolvedModel } from './resolve-id.ts'

/** Errors that refuse the model itself. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ValidationException',
  'ResourceNotFoundException',
  'AccessDeniedException',
])

/**
 * Words of Bedrock and of the allow-list about the id of a model. Other refusals of a request are not about the model, even if the model is old.
 * Source: observed messages; the troubleshooting page of the Bedrock user guide.
 */
const ABOUT_THE_MODEL =
  /model identifier|model ID|model version|end of (?:its )?life|legacy|access to the model|inference profile|could not resolve the foundation model|this stack allows/i

/**
 * Creates the function that adds an alternative to a refusal of a model: the successor of a model that has ended, the
 * profiles of a model without on-demand throughput, or the nearest known models. It returns any other error unchanged.
 */
export function createRefusalExplainer(
  options: ModelResolverOptions,
): (error: unknown, modelId: string) => Promise<unknown> {
  const resolveId = createIdResolver(options)
  const resolution = options.resolution ?? RESOLUTION
  return async (error, modelId) => {
    if (!(error instanceof RestError) || !REFUSALS.has(error.name) || !ABOUT_THE_MODEL.test(error.message)) return error
    const advice =
      resolveId(modelId).warning ??
      nameProfiles(error.message, modelId, resolution.models) ??
      (await nameNearest(modelId, resolution, resolveId, options.isAllowed))
    if (advice === undefined) return error
    const { name, statusCode, message, details, headers } = error
    return new RestError(name, statusCode, `${message} ${advice}.`, { details, headers, cause: error })
  }
}

/**
 * Names the models that an unknown id was probably meant to be, as this stack would call them.
 *
 * @returns undefined where the catalogue knows the model
 */
async function nameNearest(
  modelId: string,
  resolution: Resolution,
  resolveId: (modelId: string) => ResolvedModel,
  isAllowed: (modelId: string) => boolean = () => true,
): Promise<string | undefined> {
  const name = readModelName(modelId)
  if (!name || Object.hasOwn(resolution.models, name.baseId)) return undefined
  // Few calls need it.
  const { suggestModels } = await import('./suggest-models.ts')
  const nearest = suggestModels(modelId, resolution).flatMap((suggestion) => {
    try {
      const { modelId: callable } = resolveId(suggestion)
      if (!isAllowed(callable)) return []
      return Object.hasOwn(resolution.aliases, suggestion) ? `${suggestion} (${callable})` : callable
    } catch {
      // Nothing behind this alias can be called from here.
      return []
    }
  })
  const list = 'GET /models lists the models of this stack'
  return nearest.length === 0 ? list : `Did you mean ${nearest.join(', ')}? ${list}`
}

function nameProfiles(
  message: string,
  modelId: string,
  models: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const baseId = readModelName(modelId)?.baseId
  if (baseId === undefined || !message.includes('on-demand throughput') || !Object.hasOwn(models, baseId))
    return undefined
  const profiles = (models[baseId] ?? []).filter((prefix) => prefix !== 'base')
  return profiles.length === 0
    ? undefined
    : `Its profiles are ${profiles.map((prefix) => `${prefix}.${baseId}`).join(', ')}`
}
