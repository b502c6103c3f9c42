import { BedrockError } from '../../core/errors.ts'
import { asDocument, type Document } from './detailed-usage.ts'
import { readCount } from './read-count.ts'

export interface EstimateRequest {
  readonly modelIds: readonly string[]
  /** CountTokens' own union: `converse`, or `invokeModel` with a `body`. */
  readonly input: Document
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

/** Each is a call of CountTokens. */
const MOST_MODELS = 20

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

/** @throws BedrockError ValidationException that names the member and its limit */
export function readEstimateRequest(body: Uint8Array): EstimateRequest {
  const document = parse(body)
  const unknown = Object.keys(document).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) throw refusal(`${unknown} is unknown: the members are ${MEMBERS.join(', ')}.`)
  const { modelIds, input, maxTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = document
  return {
    modelIds: readModelIds(modelIds),
    input: readInput(input),
    maxTokens: readCount('maxTokens', maxTokens, 1),
    cacheReadTokens: readCount('cacheReadTokens', cacheReadTokens, 0),
    cacheWriteTokens: readCount('cacheWriteTokens', cacheWriteTokens, 0),
    cacheTtl: readChoice('cacheTtl', document.cacheTtl, TTLS),
    serviceTier: readChoice('serviceTier', document.serviceTier, TIERS),
    sortBy: readChoice('sortBy', document.sortBy, SORT_BY),
  }
}

function parse(body: Uint8Array): Document {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString())
  } catch (error) {
    throw refusal('The body is not JSON.', error)
  }
  const document = asDocument(value)
  if (document === value) return document
  throw refusal('The body must be a JSON object.')
}

function readModelIds(value: unknown): string[] {
  const isList = Array.isArray(value) && value.length >= 1 && value.length <= MOST_MODELS
  if (isList && value.every((item) => typeof item === 'string' && item !== '')) return [...new Set<string>(value)]
  throw refusal(`modelIds must be a list of 1 to ${MOST_MODELS} model ids.`)
}

function readInput(value: unknown): Document {
  const input = asDocument(value)
  const [name, ...others] = Object.keys(input)
  const { body } = asDocument(input.invokeModel)
  const isConverse = name === 'converse' && asDocument(input.converse) === input.converse
  const isNative = name === 'invokeModel' && (typeof body === 'string' || (body && asDocument(body) === body))
  if (others.length === 0 && (isConverse || isNative)) return input
  throw refusal(
    'input must be {"converse": {…}} or {"invokeModel": {"body": …}}, the body in base64 or as the document that it is.',
  )
}

/** The first one where none is given. */
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

function refusal(message: string, cause?: unknown): BedrockError {
  return new BedrockError('ValidationException', message, { cause })
}
