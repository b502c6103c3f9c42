import { BedrockError } from '../core/errors.ts'
import { type Residency, reachablePrefixes } from './geographies.ts'
import { OWN_ID, readModelName, writeModelName } from './model-id.ts'
import { describeEnd, RESOLUTION, type Resolution, statusOn } from './resolution.ts'

export interface ModelResolverOptions {
  /** Region of Bedrock. */
  readonly region: string
  /** `geography` never selects a global profile. A caller may still name one that the allow-list has. */
  readonly residency: Residency
  /** Aliases of the operator, which replace those of the catalogue: each with its ids, the best first. */
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined
  /** Selects only allowed ids; by default all are allowed. */
  readonly isAllowed?: ((modelId: string) => boolean) | undefined
  /** Milliseconds since 1970; the system clock by default. */
  readonly now?: (() => number) | undefined
  /** Replaces the generated one in tests. */
  readonly resolution?: Resolution | undefined
}

export interface ResolvedModel {
  /** Id to call. */
  readonly modelId: string
  /** Text for callers of a model that ends. */
  readonly warning?: string
}

/** Form of a short name. Model ids have a dot after the provider, and ARNs have slashes. */
const SHORT_NAME = /^[a-zA-Z0-9_-]+$/

/**
 * Creates the function that resolves the id of a call. An alias becomes the best reachable profile of its best model. The bare
 * id of a model that only profiles serve becomes such a profile. Any other id stays as it is.
 *
 * The function throws a BedrockError for an alias without a callable id: AccessDeniedException if the allow-list excludes
 * all, else ValidationException.
 */
export function createIdResolver(options: ModelResolverOptions): (modelId: string) => ResolvedModel {
  const { region, residency, isAllowed = () => true, now = Date.now, resolution = RESOLUTION } = options
  const aliases = new Map(Object.entries({ ...resolution.aliases, ...options.aliases }))
  const prefixes = [...reachablePrefixes(region, residency), OWN_ID]
  const today = () => new Date(now()).toISOString().slice(0, 10)

  /** Callable ids of a foundation model, the best first. */
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
        `${behind}. This stack allows none of them (parameter AllowedModels). GET /models lists the allowed models.`,
      )
    }
    const within = residency === 'geography' ? ' within its geography (parameter DataResidency)' : ''
    throw new BedrockError(
      'ValidationException',
      `${behind}. None of them can be called from ${region}${within}. GET /models?region=${region} lists the models that can.`,
    )
  }

  const chooseId = (modelId: string): string => {
    const candidates = aliases.get(modelId) ?? (SHORT_NAME.test(modelId) ? findByShortName(modelId, resolution) : [])
    if (candidates.length > 0) return resolveAlias(modelId, candidates)
    const offered = ownEntry(resolution.models, modelId)
    // A callable bare id is kept. Bedrock refuses a bare id without a profile here.
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
 * Tests for a US Region. The catalogue does not know the Regions that serve a model by its own id. US Regions serve all
 * that have one. Elsewhere a profile, if there is one, is more likely to work.
 */
function isUs(region: string): boolean {
  return region.startsWith('us-') && !region.startsWith('us-gov-')
}

/** Finds the models of a short name, the newest version first. */
function findByShortName(name: string, { models }: Resolution): string[] {
  return Object.keys(models)
    .filter((modelId) => shortName(modelId) === name || datedName(modelId) === name)
    .sort()
    .reverse()
}

/** Short name of a model: its id without provider, date and version, such as `claude-sonnet-4-5` or `nova-lite`. */
function shortName(modelId: string): string {
  return datedName(modelId).replace(/-\d{8}$/, '')
}

/** Name of a model at its provider, which clients of Anthropic send: `claude-sonnet-4-5-20250929`. */
function datedName(modelId: string): string {
  return modelId.replace(/^[^.]+\./, '').replace(/(?:-v?\d+:\d+|-v\d+)$/, '')
}

/** Looks up an own member: names come from callers, and `constructor` must find nothing. */
function ownEntry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
