import type { DoorOperation } from '../core/model-call.ts'
import { foundationModelId } from './model-id.ts'
import type { ModelRules, RuleTable, SamplingRule } from './model-row.ts'
import { RESOLUTION } from './resolution.ts'

/**
 * The foundation model that an id or ARN names by itself; undefined for an account's own resources, behind which any model
 * may be.
 */
export function baseModelId(modelId: string): string | undefined {
  const id = foundationModelId(modelId.replace(/^arn:[^/]*:foundation-model\//, ''))
  return id.startsWith('arn:') ? undefined : id
}

/** A prompt of prompt management, with or without its version. */
export function isPrompt(modelId: string): boolean {
  return /^arn:[^:]+:bedrock:[^:]*:[0-9]{12}:prompt\//.test(modelId)
}

/**
 * Finds the rules of a model in the table of models: those of its lines, the longer beginning before the shorter, and its
 * own before both. A model that the table does not list follows its line.
 *
 * @returns undefined for an account's own resources
 */
export function findRules(modelId: string, table: RuleTable = RESOLUTION.rules): ModelRules | undefined {
  return table === RESOLUTION.rules ? findOwnRules(modelId) : findRulesIn(table, modelId)
}

const findOwnRules = remember((modelId) => findRulesIn(RESOLUTION.rules, modelId))

function findRulesIn(table: RuleTable, modelId: string): ModelRules | undefined {
  const baseId = baseModelId(modelId)
  if (baseId === undefined) return undefined
  return inheritRules(baseId, table, table[baseId])
}

/** Merges what the lines of a model say, and over it the model's own row. */
export function inheritRules<Rules extends object>(
  baseId: string,
  table: Readonly<Record<string, Rules>>,
  own: Rules | undefined,
): Rules {
  const lines = Object.entries(table)
    .filter(([name]) => name.endsWith('*') && baseId.startsWith(name.slice(0, -1)))
    .sort(([one], [other]) => one.length - other.length)
  return Object.assign({}, ...lines.map(([, rules]) => rules), own)
}

/** Callers invent ids, so a process does not keep them all. */
const MAX_REMEMBERED = 200

/** Keeps the results of a function of a model id: one request asks for the same model many times. */
export function remember<Result>(find: (modelId: string) => Result): (modelId: string) => Result {
  const results = new Map<string, Result>()
  return (modelId) => {
    if (results.has(modelId)) return results.get(modelId) as Result
    if (results.size === MAX_REMEMBERED) results.clear()
    const result = find(modelId)
    results.set(modelId, result)
    return result
  }
}

/** Tests whether the model has Claude's native bodies and answers. */
export function isClaude(modelId: string): boolean {
  return findRules(modelId)?.family === 'Claude'
}

/** Contracts that Bedrock itself serves for families of native bodies. Source: Bedrock user guide, "API compatibility". */
const DOORS_OF_FAMILIES: Readonly<Record<string, DoorOperation>> = {
  Claude: 'AnthropicMessages',
  'chat completions': 'OpenAIChatCompletions',
}

/** Models of OpenAI with closed weights, such as `openai.gpt-5.6-sol`. */
const CLOSED_GPT = /^openai\.gpt-(?!oss)/

export function isClosedGpt(modelId: string): boolean {
  return CLOSED_GPT.test(baseModelId(modelId) ?? modelId)
}

/** Tests whether Bedrock's own door serves the model; false where only the account knows the model. */
export function servesDoor(modelId: string, operation: DoorOperation): boolean {
  const baseId = baseModelId(modelId)
  if (baseId === undefined) return false
  if (operation === 'OpenAIResponses') return isClosedGpt(baseId)
  return DOORS_OF_FAMILIES[findRules(modelId)?.family ?? ''] === operation
}

/** @returns undefined for a model that takes all parameters of sampling, and where nothing is known */
export function samplingRule(modelId: string): SamplingRule | undefined {
  return findRules(modelId)?.sampling ?? undefined
}

/** Tests whether Bedrock itself reads a request's S3 locations; undefined where only the account knows the model. */
export function readsS3(modelId: string): boolean | undefined {
  const rules = findRules(modelId)
  return rules && (rules.readsS3 ?? false)
}

/** Requirements of a model for a prefix of the prompt to be cached. */
export interface CacheRule {
  readonly minimumTokens: number
  /** True if a point may stand behind the tools, and in the messages behind results of tools. */
  readonly tools: boolean
}

/** @returns undefined for models that cache nothing, and where only the account knows the model */
export function cacheRule(modelId: string): CacheRule | undefined {
  const { minimumCacheTokens, cachesTools = false } = findRules(modelId) ?? {}
  return minimumCacheTokens ? { minimumTokens: minimumCacheTokens, tools: cachesTools } : undefined
}

/**
 * The family whose native bodies a model reads. A model of none (embeddings, images) is a family by itself: a vector of
 * another model would mean nothing.
 *
 * @returns undefined for models that only the account knows: provisioned models, application profiles, routers
 */
export function nativeFamily(modelId: string): string | undefined {
  const baseId = baseModelId(modelId)
  return baseId === undefined ? undefined : (findRules(modelId)?.family ?? baseId)
}
