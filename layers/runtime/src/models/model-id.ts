import { BedrockError } from '../core/errors.ts'

/** Limit of a modelId in characters. Source: the service model of bedrock-runtime. */
const MAX_MODEL_ID_LENGTH = 2048

const BARE_ID = /^[a-zA-Z0-9._:-]+$/
const ARN = /^arn:aws(-[^:/]+)?:(bedrock|sagemaker):[a-z0-9-]{0,20}:([0-9]{12})?:[a-z-]+\/[a-zA-Z0-9._:/-]+$/

/** Prefix of a system-defined inference profile. */
const PROFILE_PREFIX = /^(?:global|us-gov|us|eu|apac|jp|au|in|ca)\.(?=[a-z0-9-]+\.)/

/**
 * Refuses a malformed model id or ARN. The accepted form is a little wider than that of the service model, because Bedrock
 * decides which models exist.
 *
 * @throws BedrockError ValidationException
 */
export function checkModelId(modelId: string): void {
  const wellFormed = BARE_ID.test(modelId) || ARN.test(modelId)
  const pathTrick = modelId.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (modelId.length <= MAX_MODEL_ID_LENGTH && wellFormed && !pathTrick) return
  const what = modelId.length > MAX_MODEL_ID_LENGTH ? `${modelId.length} characters long` : 'not a model id or ARN'
  throw new BedrockError(
    'ValidationException',
    `modelId is ${what}: it must be a model's or inference profile's id or ARN of at most ${MAX_MODEL_ID_LENGTH} characters, percent-encoded in the path.`,
  )
}

/**
 * Tests a model against the allow-list of the operator. An item is an id or an ARN in which `*` matches any characters. The
 * ARN of a foundation model or of an inference profile matches like its id.
 */
export function isModelAllowed(modelId: string, allowedModels: readonly string[]): boolean {
  const names = [modelId, modelId.replace(/^arn:[^/]*:(?:foundation-model|inference-profile)\//, '')]
  return allowedModels.some((pattern) => names.some((name) => matchesPattern(name, pattern)))
}

/** Matches a pattern with `*` for any characters, in linear time. A regular expression with many `.*` is not linear. */
export function matchesPattern(name: string, pattern: string): boolean {
  const [start = '', ...rest] = pattern.split('*')
  const end = rest.pop()
  if (end === undefined) return name === pattern
  if (!name.startsWith(start)) return false
  let position = start.length
  for (const part of rest) {
    const found = name.indexOf(part, position)
    if (found < 0) return false
    position = found + part.length
  }
  return name.length - end.length >= position && name.endsWith(end)
}

/**
 * Returns the id of the foundation model that an id or ARN names, directly or by a system-defined inference profile. Any
 * other id stays as it is. CountTokens accepts only foundation models.
 */
export function foundationModelId(modelId: string): string {
  return modelId.replace(/^arn:[^/]*:(?:inference-profile|foundation-model)\//, '').replace(PROFILE_PREFIX, '')
}

/** Parts of a model id. */
export interface ModelName {
  /** Id of the foundation model. */
  readonly baseId: string
  /** Prefix of the inference profile; undefined: the id has none. */
  readonly prefix?: string
}

const NAMED_BY_ID = /^arn:aws(?:-[^:/]+)?:bedrock:[^/]*:(?:foundation-model|inference-profile)\//

/**
 * Splits an id, or the ARN of a foundation model or a system-defined profile.
 *
 * @returns undefined for other ARNs, which do not name their model
 */
export function readModelName(modelId: string): ModelName | undefined {
  const id = modelId.replace(NAMED_BY_ID, '')
  if (id.includes('/')) return undefined
  const baseId = foundationModelId(id)
  return baseId === id ? { baseId } : { baseId, prefix: id.slice(0, -baseId.length - 1) }
}

/** Writes the id of a profile of a model, or its own id for `base`. */
export function writeModelName(baseId: string, prefix: string): string {
  return prefix === OWN_ID ? baseId : `${prefix}.${baseId}`
}

/** Pseudo prefix for the own id of a model. */
export const OWN_ID = 'base'

/**
 * Refuses a model that the stack does not allow.
 *
 * @param modelId the resolved id, because the allow-list is about called models
 * @throws BedrockError ValidationException for a malformed id, AccessDeniedException for a model that is not allowed
 */
export function assertModelAllowed(modelId: string, allowedModels: readonly string[]): void {
  checkModelId(modelId)
  if (isModelAllowed(modelId, allowedModels)) return
  throw new BedrockError(
    'AccessDeniedException',
    `modelId ${modelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
  )
}
