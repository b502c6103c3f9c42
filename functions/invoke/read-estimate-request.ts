import { BedrockError } from '@bedrock-functions/runtime/core'
import { type JsonDocument, type JsonValue, readJsonObject } from '@bedrock-functions/runtime/json'
import { readCount } from './read-count.ts'

export interface EstimateRequest {
  readonly modelIds: readonly string[]
  readonly document: JsonDocument
  /** Union of CountTokens: `converse`, or `invokeModel` with a `body`. */
  readonly input: JsonValue
  readonly maxTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly cacheTtl: '5m' | '1h'
  readonly serviceTier: string
  readonly sortBy: SortBy
}

const SORT_BY = ['asked', 'totalUsd', 'inputUsd', 'maxOutputUsd', 'inputTokens'] as const
export type SortBy = (typeof SORT_BY)[number]

const TTLS = ['5m', '1h'] as const
/** Source: the service model of bedrock-runtime 2023-09-30, ServiceTierType. */
const TIERS = ['default', 'flex', 'priority', 'reserved'] as const

/** Limit of models in one request: each costs one call of CountTokens. */
const MAX_MODELS = 20

const MEMBERS = [
  'modelIds',
  'input',
  'maxTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'cacheTtl',
  'serviceTier',
  'sortBy',
]

/**
 * Reads the body of POST /estimate.
 *
 * @throws BedrockError ValidationException that names the member and its limit
 */
export function readEstimateRequest(body: Uint8Array): EstimateRequest {
  const document = readJsonObject(body)
  const { root } = document
  const unknown = root.members.find(({ name }) => !MEMBERS.includes(name))?.name
  if (unknown !== undefined) throw refusal(`${unknown} is unknown: the members are ${MEMBERS.join(', ')}.`)
  const read = (name: string): unknown => root.getAll(name).at(-1)?.parse()
  return {
    document,
    modelIds: readModelIds(read('modelIds')),
    input: readInput(root.get('input')),
    maxTokens: readCount('maxTokens', read('maxTokens'), 1),
    cacheReadTokens: readCount('cacheReadTokens', read('cacheReadTokens') ?? 0, 0),
    cacheWriteTokens: readCount('cacheWriteTokens', read('cacheWriteTokens') ?? 0, 0),
    cacheTtl: readChoice('cacheTtl', read('cacheTtl'), TTLS),
    serviceTier: readChoice('serviceTier', read('serviceTier'), TIERS),
    sortBy: readChoice('sortBy', read('sortBy'), SORT_BY),
  }
}

function readModelIds(value: unknown): string[] {
  const isList = Array.isArray(value) && value.length >= 1 && value.length <= MAX_MODELS
  if (isList && value.every((item) => typeof item === 'string' && item !== '')) return [...new Set<string>(value)]
  throw refusal(`modelIds must be a list of 1 to ${MAX_MODELS} model ids.`)
}

function readInput(input: JsonValue | undefined): JsonValue {
  const [member, ...others] = input?.members ?? []
  const body = input?.get('invokeModel')?.get('body')
  const isConverse = member?.name === 'converse' && member.value.kind === 'object'
  const isNative = member?.name === 'invokeModel' && (body?.kind === 'string' || body?.kind === 'object')
  if (input && others.length === 0 && (isConverse || isNative)) return input
  throw refusal('input must be {"converse": {…}} or {"invokeModel": {"body": …}}, the body in base64 or as a document.')
}

/** Reads one of several values. The first is the default. */
function readChoice<Choice extends string>(
  name: string,
  value: unknown,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (value === undefined) return choices[0]
  const chosen = choices.find((choice) => choice === value)
  if (chosen !== undefined) return chosen
  throw refusal(`${name} is ${JSON.stringify(value)}: it must be one of ${choices.join(', ')}.`)
}

function refusal(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}
