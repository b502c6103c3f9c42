import { PROFILE_PREFIXES } from '@bedrock-functions/runtime/models'
import { CATALOGUE, findTraits } from '@bedrock-functions/runtime/models/rows'
import { INVALID_MODEL_IDENTIFIER, onDemandUnsupported, validationError } from '../messages.ts'
import { type ModelTraits, readTraits } from './traits.ts'

export interface Model {
  /** As the caller wrote it. */
  readonly requestedId: string
  /** The foundation model's id, such as `anthropic.claude-sonnet-4-6`; undefined when only the account knows it. */
  readonly baseId?: string
  readonly viaProfile: boolean
  readonly maxOutputTokens?: number
  readonly traits: ModelTraits
}

/** Ids of foundation models that the table names. */
const KNOWN: ReadonlySet<string> = new Set([
  ...CATALOGUE.models.map(({ modelId }) => modelId),
  ...CATALOGUE.otherModels,
])

const ARN = /^arn:aws(?:-[a-z-]+)?:bedrock:[a-z0-9-]{0,20}:(?:\d{12})?:([a-z-]+)\/(.+)$/

/** Resources of an account: which model is behind them is not in their name. */
const ACCOUNT_RESOURCES: ReadonlyMap<string, RegExp> = new Map([
  ['application-inference-profile', /^[a-zA-Z0-9-:.]+$/],
  ['provisioned-model', /^[a-z0-9]{12}$/],
  ['imported-model', /^[a-z0-9]{12}$/],
  ['custom-model-deployment', /^[a-z0-9]{12}$/],
  ['prompt-router', /^[a-zA-Z0-9-:.]+$/],
  ['default-prompt-router', /^[a-zA-Z0-9-:.]+$/],
])

/**
 * A foundation-model or inference-profile id, or an ARN of either or of one of an account's own models.
 * ValidationException for anything else, and for a foundation model that neither the table nor `newModels` names.
 *
 * @param newModels ids that the table does not have yet; with `*` at the end, beginnings of ids
 */
export function resolveModel(modelId: string, newModels: readonly string[] = []): Model {
  if (modelId.length > 2_048) throw validationError(INVALID_MODEL_IDENTIFIER)
  const [, resource, name = ''] = ARN.exec(modelId) ?? []
  if (resource === undefined || resource === 'foundation-model')
    return fromId(modelId, name || modelId, resource, newModels)
  if (resource === 'inference-profile') return fromId(modelId, name, resource, newModels)
  if (!ACCOUNT_RESOURCES.get(resource)?.test(name)) throw validationError(INVALID_MODEL_IDENTIFIER)
  return { requestedId: modelId, viaProfile: true, traits: readTraits('') }
}

function fromId(requestedId: string, id: string, resource: string | undefined, newModels: readonly string[]): Model {
  const [label = ''] = id.split('.')
  const viaProfile = PROFILE_PREFIXES.some((prefix) => prefix === label)
  const baseId = viaProfile ? id.slice(label.length + 1) : id
  const isMisplaced =
    (viaProfile && resource === 'foundation-model') || (!viaProfile && resource === 'inference-profile')
  const isKnown = KNOWN.has(baseId) || newModels.some((pattern) => matches(baseId, pattern))
  if (!isKnown || isMisplaced) throw validationError(INVALID_MODEL_IDENTIFIER)
  const { maxOutputTokens } = findTraits(baseId)
  return {
    requestedId,
    baseId,
    viaProfile,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    traits: readTraits(baseId),
  }
}

function matches(baseId: string, pattern: string): boolean {
  return pattern.endsWith('*') ? baseId.startsWith(pattern.slice(0, -1)) : baseId === pattern
}

/** Refuses the bare id of a model that is offered through inference profiles only. */
export function requireOnDemand(model: Model): void {
  if (model.traits.profileOnly && !model.viaProfile) throw validationError(onDemandUnsupported(model.requestedId))
}
