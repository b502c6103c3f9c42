import { BedrockError } from '../core/errors.ts'
import { type Residency, reachablePrefixes } from './geographies.ts'
import { OWN_ID, readModelName, writeModelName } from './model-id.ts'
import { describeEnd, RESOLUTION, type Resolution, statusOn } from './resolution.ts'

export interface ModelResolverOptions {
  /** Where Bedrock is called. */
  readonly region: string
  /** `geography` never chooses a global profile; one that a caller names is left to the allow-list. */
  readonly residency: Residency
  /** The operator's, over those of the catalogue: each with the ids it may stand for, the best first. */
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined
  /** What is not allowed is not chosen; by default all is. */
  readonly isAllowed?: ((modelId: string) => boolean) | undefined
  /** Milliseconds since 1970; the system's by default. */
  readonly now?: (() => number) | undefined
  /** In place of the generated one, for tests. */
  readonly resolution?: Resolution | undefined
}

export interface ResolvedModel {
  /** What to call. */
  readonly modelId: string
  /** For the caller of a model that ends. */
  readonly warning?: string
}

/** Ids of models have a dot after the provider, ARNs have slashes; what has neither may be a short name. */
const SHORT_NAME = /^[a-zA-Z0-9_-]+$/

/**
 * Makes the function from what a caller names to what is called: an alias becomes the best profile of the best model that
 * can be reached, the bare id of a model that is served by profiles only becomes such a profile. All else stays as it is.
 * An id that is a profile's already costs one look into a table.
 *
 * The function throws a BedrockError for an alias behind which nothing can be called: AccessDeniedException where that is
 * the allow-list's doing, else ValidationException.
 */
export function createIdResolver(options: ModelResolverOptions): (modelId: string) => ResolvedModel {
  const { region, residency, isAllowed = () => true, now = Date.now, resolution = RESOLUTION } = options
  const aliases = new Map(Object.entries({ ...resolution.aliases, ...options.aliases }))
  const prefixes = [...reachablePrefixes(region, residency), OWN_ID]
  const today = () => new Date(now()).toISOString().slice(0, 10)

  /** Ids by which a foundation model can be called from here, the best first. */
  const waysTo = (baseId: string): string[] => {
    const offered = ownEntry(resolution.models, baseId)
    if (!offered) return []
    return prefixes.filter((prefix) => offered.includes(prefix)).map((prefix) => writeModelName(baseId, prefix))
  }
  const findAllowed = (baseId: string) => waysTo(baseId).find(isAllowed)

  const resolveAlias = (alias: string, candidates: readonly string[]): string => {
    const reachable = candidates.flatMap((id) => {
      const lifecycle = ownEntry(resolution.lifecycles, id)
      if (lifecycle && statusOn(today(), lifecycle) === 'END_OF_LIFE') return []
      return ownEntry(resolution.models, id) ? waysTo(id) : [id]
    })
    const chosen = reachable.find(isAllowed)
    if (chosen !== undefined) return chosen
    const behind = `modelId ${alias} stands for ${candidates.join(', ')}`
    if (reachable.length > 0) {
      throw new BedrockError(
        'AccessDeniedException',
        `${behind}, of which this stack allows none (parameter AllowedModels); GET /models lists what it allows.`,
      )
    }
    const within = residency === 'geography' ? ' within its geography (parameter DataResidency)' : ''
    throw new BedrockError(
      'ValidationException',
      `${behind}, of which none can be called from ${region}${within}; GET /models?region=${region} lists what can.`,
    )
  }

  const chooseId = (modelId: string): string => {
    const candidates = aliases.get(modelId) ?? (SHORT_NAME.test(modelId) ? findByShortName(modelId, resolution) : [])
    if (candidates.length > 0) return resolveAlias(modelId, candidates)
    const offered = ownEntry(resolution.models, modelId)
    // A bare id that may be called is what the caller wants; one for which there is no profile here is for Bedrock to refuse.
    if (!offered || (offered.includes(OWN_ID) && isUs(region))) return modelId
    return findAllowed(modelId) ?? modelId
  }

  return (asked) => {
    const modelId = chooseId(asked)
    const baseId = readModelName(modelId)?.baseId ?? modelId
    const lifecycle = ownEntry(resolution.lifecycles, baseId)
    if (!lifecycle) return { modelId }
    const { successor } = lifecycle
    const named = successor === null ? undefined : (findAllowed(successor) ?? successor)
    const warning = describeEnd(baseId, lifecycle, today(), named)
    return { modelId, ...(warning !== undefined && { warning }) }
  }
}

/**
 * The catalogue does not know in which Regions a model is served by its own id. In the US those are that have one at all;
 * elsewhere a profile is the surer way, where there is one.
 */
function isUs(region: string): boolean {
  return region.startsWith('us-') && !region.startsWith('us-gov-')
}

/** The newest version first. */
function findByShortName(name: string, { models }: Resolution): string[] {
  return Object.keys(models)
    .filter((modelId) => shortName(modelId) === name)
    .sort()
    .reverse()
}

/** A model's id without its provider, date and version: `claude-sonnet-4-5`, `nova-lite`. */
function shortName(modelId: string): string {
  return modelId.replace(/^[^.]+\./, '').replace(/(?:-\d{8})?(?:-v?\d+:\d+|-v\d+)?$/, '')
}

/** Names come from callers: `constructor` is no entry. */
function ownEntry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
