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

/** Providers of models, by the first label of their ids. */
const PROVIDERS: ReadonlySet<string> = new Set(
  [...CATALOGUE.models.map((model) => model.modelId), ...Object.keys(CATALOGUE.lines)].map(
    (id) => id.split('.')[0] ?? '',
  ),
)

/** Form of a foundation-model id, after the modelId pattern of the service model. */
const FOUNDATION_MODEL_ID = /^([a-z0-9-]{1,63})\.[a-z0-9-]{1,63}([.:][a-z0-9-]{1,63})*$/

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
 * ValidationException for anything else and for a provider that Bedrock does not know.
 */
export function resolveModel(modelId: string): Model {
  if (modelId.length > 2_048) throw validationError(INVALID_MODEL_IDENTIFIER)
  const [, resource, name = ''] = ARN.exec(modelId) ?? []
  if (resource === undefined || resource === 'foundation-model') return fromId(modelId, name || modelId, resource)
  if (resource === 'inference-profile') return fromId(modelId, name, resource)
  if (!ACCOUNT_RESOURCES.get(resource)?.test(name)) throw validationError(INVALID_MODEL_IDENTIFIER)
  return { requestedId: modelId, viaProfile: true, traits: readTraits('') }
}

function fromId(requestedId: string, id: string, resource: string | undefined): Model {
  const [label = ''] = id.split('.')
  const viaProfile = PROFILE_PREFIXES.some((prefix) => prefix === label)
  const baseId = viaProfile ? id.slice(label.length + 1) : id
  const [, provider = ''] = FOUNDATION_MODEL_ID.exec(baseId) ?? []
  const isMisplaced =
    (viaProfile && resource === 'foundation-model') || (!viaProfile && resource === 'inference-profile')
  if (!PROVIDERS.has(provider) || isMisplaced || isCutShort(baseId)) throw validationError(INVALID_MODEL_IDENTIFIER)
  const { maxOutputTokens } = findTraits(baseId)
  return {
    requestedId,
    baseId,
    viaProfile,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    traits: readTraits(baseId),
  }
}

/** Tests for the id of a listed model without its version, such as `anthropic.claude-sonnet-4-5`. Bedrock knows no such id. */
function isCutShort(baseId: string): boolean {
  const ids = CATALOGUE.models.map(({ modelId }) => modelId).filter((modelId) => modelId.startsWith(baseId))
  return !ids.includes(baseId) && ids.some((modelId) => /^(?:-\d{8}|-v\d|:\d)/.test(modelId.slice(baseId.length)))
}

/** Refuses the bare id of a model that is offered through inference profiles only. */
export function requireOnDemand(model: Model): void {
  if (model.traits.profileOnly && !model.viaProfile) throw validationError(onDemandUnsupported(model.requestedId))
}
