import { BedrockError } from '../core/errors.ts'

/** The service model's limit for a modelId, in characters. */
const LONGEST_MODEL_ID = 2048

const BARE_ID = /^[a-zA-Z0-9._:-]+$/
const ARN = /^arn:aws(-[^:/]+)?:(bedrock|sagemaker):[a-z0-9-]{0,20}:([0-9]{12})?:[a-z-]+\/[a-zA-Z0-9._:/-]+$/

/** Geographies of system-defined inference profiles, as they stand before a model's id. */
const PROFILE_PREFIX = /^(?:global|us-gov|us|eu|apac|jp|au|in|ca)\.(?=[a-z0-9-]+\.)/

/**
 * Refuses what cannot be a model's id or ARN before anything is sent. The form is the service model's, a little wider:
 * Bedrock decides which models there are.
 *
 * @throws BedrockError ValidationException
 */
export function checkModelId(modelId: string): void {
  const wellFormed = BARE_ID.test(modelId) || ARN.test(modelId)
  const pathTrick = modelId.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (modelId.length <= LONGEST_MODEL_ID && wellFormed && !pathTrick) return
  const what = modelId.length > LONGEST_MODEL_ID ? `${modelId.length} characters long` : 'not a model id or ARN'
  throw new BedrockError(
    'ValidationException',
    `modelId is ${what}: it must be a model's or inference profile's id or ARN of at most ${LONGEST_MODEL_ID} characters, percent-encoded in the path.`,
  )
}

/**
 * Whether the operator's list names this model. An item is an id or an ARN in which `*` stands for any run of characters.
 * The ARN of a foundation model or of an inference profile counts as its id, since it names the same thing.
 */
export function isModelAllowed(modelId: string, allowedModels: readonly string[]): boolean {
  const names = [modelId, modelId.replace(/^arn:[^/]*:(?:foundation-model|inference-profile)\//, '')]
  return allowedModels.some((pattern) => names.some((name) => matchesPattern(name, pattern)))
}

/** Linear in the name for every pattern, which a regular expression made of a pattern with many `*` is not. */
function matchesPattern(name: string, pattern: string): boolean {
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
 * The id of the foundation model that an id or ARN names, itself or by a system-defined inference profile; any other as it is. CountTokens takes
 * foundation models only.
 */
export function foundationModelId(modelId: string): string {
  return modelId.replace(/^arn:[^/]*:(?:inference-profile|foundation-model)\//, '').replace(PROFILE_PREFIX, '')
}

/** A model's id in its parts. */
export interface ModelName {
  /** The foundation model's id. */
  readonly baseId: string
  /** Prefix of the inference profile; undefined for the model's own id. */
  readonly prefix?: string
}

const NAMED_BY_ID = /^arn:aws(?:-[^:/]+)?:bedrock:[^/]*:(?:foundation-model|inference-profile)\//

/**
 * Takes apart an id, or the ARN of a foundation model or of a system-defined profile; undefined for other ARNs, which do
 * not say which model is behind them.
 */
export function readModelName(modelId: string): ModelName | undefined {
  const id = modelId.replace(NAMED_BY_ID, '')
  if (id.includes('/')) return undefined
  const baseId = foundationModelId(id)
  return baseId === id ? { baseId } : { baseId, prefix: id.slice(0, -baseId.length - 1) }
}

/** The id by which a model is called through a profile, or its own id for `base`. */
export function writeModelName(baseId: string, prefix: string): string {
  return prefix === OWN_ID ? baseId : `${prefix}.${baseId}`
}

/** Stands for a model's own id among the prefixes of its profiles. */
export const OWN_ID = 'base'

/**
 * Refuses a model that the stack does not allow.
 *
 * @param modelId resolved: the list of allowed models is about what is called
 * @throws BedrockError ValidationException for a malformed id, AccessDeniedException for one that is not allowed
 */
export function admitModel(modelId: string, allowedModels: readonly string[]): void {
  checkModelId(modelId)
  if (isModelAllowed(modelId, allowedModels)) return
  throw new BedrockError(
    'AccessDeniedException',
    `modelId ${modelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
  )
}
