import { foundationModelId } from './model-id.ts'

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

/** Takes `temperature` or `topP`, not both. Source: aws-samples' bedrock-access-gateway and bedrock-chat. */
const EXCLUSIVE_SAMPLING = /^anthropic\.claude-(sonnet-4-[56]|haiku-4-5|opus-4-[156])(?!\d)/
/** Takes none of `temperature`, `topP` and `topK`. Source: Anthropic's migration notes for 4.7 and 5. */
const NO_SAMPLING = /^anthropic\.claude-([a-z]+-4-[789](?!\d)|[a-z]+-([5-9]|\d\d)(?!\d))/

export type SamplingRule = 'one' | 'none'

/** undefined: the model takes all of them, or nothing is known of it. */
export function samplingRule(modelId: string): SamplingRule | undefined {
  const baseId = baseModelId(modelId) ?? ''
  if (NO_SAMPLING.test(baseId)) return 'none'
  return EXCLUSIVE_SAMPLING.test(baseId) ? 'one' : undefined
}

/** Claude's own bodies and answers. */
export function isClaude(modelId: string): boolean {
  return baseModelId(modelId)?.startsWith('anthropic.') ?? false
}

/** Claude 2 and before, which had no messages. */
export function isTextCompletionModel(modelId: string): boolean {
  return /^anthropic\.claude-(v\d|instant)/.test(baseModelId(modelId) ?? '')
}

/** A beta that ended on 2026-04-30. Source: Anthropic's release notes. */
export const LONG_CONTEXT_BETA = 'context-1m-2025-08-07'

/** Sonnet 4 and 4.5 have 200,000 tokens of context since their beta of a million ended. */
export function hasLostLongContext(modelId: string): boolean {
  return /^anthropic\.claude-sonnet-4-(5-|20250514)/.test(baseModelId(modelId) ?? '')
}

/** Whether Bedrock itself reads a request's S3 locations for the model; undefined where only the account knows the model. */
export function readsS3(modelId: string): boolean | undefined {
  const baseId = baseModelId(modelId)
  return baseId === undefined ? undefined : /^(amazon\.nova|twelvelabs\.|luma\.)/.test(baseId)
}

/** What a model needs for a prefix of the prompt to be cached, and where it takes points. */
export interface CacheRule {
  readonly minimumTokens: number
  /** Whether a point may stand behind the tools. */
  readonly tools: boolean
}

/**
 * Smallest cached prefix in tokens. Source: the prompt-caching page of the Bedrock user guide, September and October 2026. A
 * Claude or Nova that it does not list counts as the one that needs most: below its minimum nothing is cached, and a point
 * does no harm.
 */
const MINIMUM_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/^anthropic\.claude-(opus-5$|sonnet-5-5|fable-5($|-1$))/, 512],
  [/^anthropic\.claude-(opus-4-8|sonnet-5$|sonnet-4-[56]|3-7-sonnet)/, 1_024],
  [/^anthropic\.claude-(opus-4-[567]|haiku-4-5)/, 4_096],
  [/^amazon\.nova-pro/, 1_024],
  [/^amazon\.nova-(lite|micro)/, 1_536],
  [/^(anthropic\.claude-|amazon\.nova-)/, 4_096],
]
/** Claude 3.5 Sonnet and before, Nova's models for media and embeddings. */
const NO_CACHE =
  /^(anthropic\.claude-(v\d|instant|3-(opus|sonnet|haiku|5-sonnet-20240620))|amazon\.nova-.*(embed|canvas|reel|sonic))/

/** undefined for models that cache nothing, and where only the account knows the model. */
export function cacheRule(modelId: string): CacheRule | undefined {
  const baseId = baseModelId(modelId) ?? ''
  if (NO_CACHE.test(baseId)) return undefined
  const minimumTokens = MINIMUM_TOKENS.find(([ids]) => ids.test(baseId))?.[1]
  return minimumTokens === undefined ? undefined : { minimumTokens, tools: baseId.startsWith('anthropic.') }
}

/**
 * Models that read the same native body. The first rule that fits decides; a group of the pattern is part of the name.
 * Prompts of Llama hold its version's own tokens. Source: AWS's pages "Inference request parameters" by provider.
 */
const FAMILIES: readonly (readonly [pattern: RegExp, family: string])[] = [
  [/^anthropic\./, 'Claude'],
  [/^amazon\.nova-(?:2-)?(?:micro|lite|pro|premier|omni)/, 'Nova'],
  [/^amazon\.titan-(?:text|tg1)/, 'Titan Text'],
  [/^meta\.llama(\d)/, 'Llama'],
  [/^mistral\.(?:mistral-7b|mixtral|mistral-(?:large|small)-24)/, 'Mistral'],
  [/^cohere\.command-r/, 'Cohere Command R'],
  [/^ai21\.jamba/, 'Jamba'],
  [/^deepseek\.r1/, 'DeepSeek R1'],
  [/^(?:deepseek|google|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|xai|zai)\./, 'chat completions'],
]

const FOUNDATION_MODEL = /^arn:[^/]*:foundation-model\//

/**
 * The family whose native bodies a model reads. A model of none (embeddings, images) is a family by itself: a vector of
 * another model would mean nothing.
 *
 * @returns undefined for what the account alone knows: provisioned models, application profiles, routers
 */
export function nativeFamily(modelId: string): string | undefined {
  const id = foundationModelId(modelId.replace(FOUNDATION_MODEL, ''))
  if (id.startsWith('arn:')) return undefined
  for (const [pattern, family] of FAMILIES) {
    const found = pattern.exec(id)
    if (found) return [family, ...found.slice(1)].join(' ')
  }
  return id
}
