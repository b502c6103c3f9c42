import { PROFILE_PREFIXES } from '@bedrock-functions/runtime/models'
import { CATALOGUE, findTraits } from '@bedrock-functions/runtime/models/rows'
import { INVALID_MODEL_IDENTIFIER, onDemandUnsupported, validationError } from '../messages.ts'
import type { AccountModels } from './account-models.ts'
import { type AnswerTraits, readAnswerTraits } from './answer-traits.ts'
import { type ModelTraits, readTraits } from './traits.ts'

export interface Model {
  /** As the caller wrote it. */
  readonly requestedId: string
  /** The foundation model's id, such as `anthropic.claude-sonnet-4-6`; undefined when only the account knows it. */
  readonly baseId?: string
  readonly viaProfile: boolean
  readonly isApplicationProfile: boolean
  readonly maxOutputTokens?: number
  readonly traits: ModelTraits
  readonly answerTraits: AnswerTraits
}

/** Ids of foundation models that the table names. */
const KNOWN: ReadonlySet<string> = new Set([
  ...CATALOGUE.models.map(({ modelId }) => modelId),
  ...CATALOGUE.otherModels,
])

/** Only foundation models belong to no account. Source: the service model, ConversationalModelId. */
const ARN =
  /^arn:aws(?:-[a-z-]+)?:(bedrock|sagemaker):[a-z0-9-]{1,20}:(?:(?<=:):(?=foundation-model\/)|\d{12}:(?!foundation-model\/))([a-z-]+)\/(.+)$/

const APPLICATION_PROFILE = 'bedrock application-inference-profile'

const CUSTOM_MODEL = 'bedrock custom-model'

/** Resources of an account by service and type: which model is behind them is not in their name, except a custom model's. */
const ACCOUNT_RESOURCES: ReadonlyMap<string, RegExp> = new Map([
  [APPLICATION_PROFILE, /^[a-zA-Z0-9-:.]+$/],
  ['bedrock provisioned-model', /^[a-z0-9]{12}$/],
  ['bedrock imported-model', /^[a-z0-9]{12}$/],
  [CUSTOM_MODEL, /^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}(:[a-z0-9-]{1,63}){0,2}\/[a-z0-9]{12}$/],
  ['bedrock custom-model-deployment', /^[a-z0-9]{12}$/],
  ['bedrock prompt-router', /^[a-zA-Z0-9-:.]+$/],
  ['bedrock default-prompt-router', /^[a-zA-Z0-9-:.]+$/],
  ['sagemaker endpoint', /^[a-zA-Z0-9-]+$/],
])

/**
 * A foundation-model or inference-profile id, or an ARN of either or of one of an account's own models.
 * ValidationException for anything else, and for a foundation model that neither the table nor `newModels` names.
 *
 * @param newModels ids that the table does not have yet; with `*` at the end, beginnings of ids
 */
export function resolveModel(
  modelId: string,
  accountModels: AccountModels = {},
  newModels: readonly string[] = [],
): Model {
  if (modelId.length > 2_048) throw validationError(INVALID_MODEL_IDENTIFIER)
  const { resource, name } = readArn(modelId)
  if (resource === undefined || resource === 'bedrock foundation-model')
    return fromId(modelId, name, resource, newModels)
  if (resource === 'bedrock inference-profile') return fromId(modelId, name, resource, newModels)
  if (!isAccountResource(modelId)) throw validationError(INVALID_MODEL_IDENTIFIER)
  const own = { requestedId: modelId, viaProfile: true, isApplicationProfile: resource === APPLICATION_PROFILE }
  const chosen = Object.hasOwn(accountModels, modelId) ? accountModels[modelId] : undefined
  if (chosen !== undefined) return { ...fromId(chosen, chosen, undefined, newModels), ...own }
  const baseId = resource === CUSTOM_MODEL ? name.split('/')[0] : undefined
  return {
    ...own,
    ...(baseId !== undefined && { baseId }),
    traits: readTraits(baseId ?? ''),
    answerTraits: readAnswerTraits(baseId ?? ''),
  }
}

/** Splits an ARN into service with type, and name. Anything else is a name. */
function readArn(modelId: string): { readonly resource: string | undefined; readonly name: string } {
  const [, service, type, name = modelId] = ARN.exec(modelId) ?? []
  return { resource: service && `${service} ${type}`, name }
}

function isAccountResource(modelId: string): boolean {
  const { resource = '', name } = readArn(modelId)
  return ACCOUNT_RESOURCES.get(resource)?.test(name) ?? false
}

/**
 * Checks the models of a program's account.
 *
 * @throws Error that names the wrong one
 */
export function checkAccountModels(accountModels: AccountModels, newModels: readonly string[]): void {
  for (const [arn, modelId] of Object.entries(accountModels)) {
    if (!isAccountResource(arn)) throw new Error(`"${arn}" is not the ARN of a model of an account`)
    try {
      fromId(modelId, modelId, undefined, newModels)
    } catch (cause) {
      throw new Error(`"${modelId}", the model of ${arn}, is not the id of a foundation model`, { cause })
    }
  }
}

function fromId(requestedId: string, id: string, resource: string | undefined, newModels: readonly string[]): Model {
  const [label = ''] = id.split('.')
  const viaProfile = PROFILE_PREFIXES.some((prefix) => prefix === label)
  const baseId = viaProfile ? id.slice(label.length + 1) : id
  const isMisplaced =
    (viaProfile && resource === 'bedrock foundation-model') || (!viaProfile && resource === 'bedrock inference-profile')
  const isKnown = KNOWN.has(baseId) || newModels.some((pattern) => matches(baseId, pattern))
  if (!isKnown || isMisplaced) throw validationError(INVALID_MODEL_IDENTIFIER)
  const { maxOutputTokens } = findTraits(baseId)
  return {
    requestedId,
    baseId,
    viaProfile,
    isApplicationProfile: false,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    traits: readTraits(baseId),
    answerTraits: readAnswerTraits(baseId),
  }
}

function matches(baseId: string, pattern: string): boolean {
  return pattern.endsWith('*') ? baseId.startsWith(pattern.slice(0, -1)) : baseId === pattern
}

/** Refuses the bare id of a model that is offered through inference profiles only. */
export function requireOnDemand(model: Model): void {
  if (model.traits.profileOnly && !model.viaProfile) throw validationError(onDemandUnsupported(model.requestedId))
}
