import { findRules } from '@bedrock-functions/runtime/models'
import { findTraits, type ModelThinking, type OverflowWording } from '@bedrock-functions/runtime/models/rows'

/** What a model does or refuses, beside its family. */
export interface ModelTraits {
  /** Refuses in the words of Claude. */
  readonly isClaude: boolean
  /** Only inference profiles reach it: its bare id is refused. */
  readonly profileOnly: boolean
  /** Takes `temperature` or `topP`, not both. */
  readonly exclusiveSampling: boolean
  /** Takes none of `temperature`, `topP` and `topK`. */
  readonly refusesSampling: boolean
  /** The last message must be the user's. */
  readonly refusesPrefill: boolean
  /** A tool choice of `any` or `tool` is refused. */
  readonly refusesForcedTools: boolean
  readonly refusesSystem: boolean
  readonly refusesTools: boolean
  readonly countsTokens: boolean
  readonly refusesToolChoiceAny: boolean
  readonly refusesToolChoiceTool: boolean
  readonly refusesStreamedTools: boolean
  readonly refusesOutputConfig: boolean
  readonly refusesImages: boolean
  /** Refuses images in tool results. */
  readonly refusesResultImages: boolean
  readonly refusesDocuments: boolean
  readonly refusesVideo: boolean
  readonly refusesCachePoints: boolean
  /** Refuses cache points behind tools and behind tool results. */
  readonly refusesToolCachePoints: boolean
  /** Refuses cache points with a `ttl` of `1h`. */
  readonly refusesHourCache: boolean
  /** False if a latency of `optimized` is refused; undefined where nothing is known. */
  readonly optimizedLatency: boolean | undefined
  /** Service tiers; undefined where nothing is known. */
  readonly serviceTiers: readonly string[] | undefined
  /** Values of `anthropic_beta`; undefined where nothing is known. */
  readonly betas: readonly string[] | undefined
  readonly contextTokens: number | undefined
  readonly overflow: OverflowWording | undefined
  /** The window also limits the sum of input and `maxTokens`. */
  readonly countsMaxTokens: boolean
  /** undefined for models without Claude's thinking, and where nothing is known. */
  readonly thinking: ModelThinking | undefined
  readonly startsWithUser: boolean
  readonly isolatesToolResults: boolean
  readonly refusesToolStatus: boolean
}

/**
 * Reads the traits of a foundation model from the table of models. Where only the account knows the model, its id is empty,
 * and nothing is refused.
 */
export function readTraits(baseId: string): ModelTraits {
  const { refuses, exclusive, onDemand, countTokens, capabilities, ...traits } = findTraits(baseId)
  const { family, minimumCacheTokens, cachesTools = false } = findRules(baseId) ?? {}
  const isKnown = baseId !== ''
  const { inputModalities = family === 'Nova' ? ['video'] : [] } = traits
  return {
    isClaude: family === 'Claude',
    profileOnly: onDemand === false,
    exclusiveSampling: ['temperature', 'topP'].every((name) => exclusive.includes(name)),
    refusesSampling: refuses.includes('temperature'),
    refusesPrefill: refuses.includes('assistantPrefill'),
    refusesForcedTools: refuses.includes('forcedToolChoice'),
    refusesSystem: refuses.includes('system'),
    refusesTools: refuses.includes('tools'),
    countsTokens: countTokens,
    refusesToolChoiceAny: refuses.includes('toolChoiceAny'),
    refusesToolChoiceTool: refuses.includes('toolChoiceTool'),
    refusesStreamedTools: refuses.includes('streamedTools'),
    refusesOutputConfig: refuses.includes('outputConfig'),
    refusesImages: capabilities.vision === false,
    refusesResultImages: traits.imagesInToolResults === false,
    refusesDocuments: capabilities.documents === false,
    refusesVideo: isKnown && !inputModalities.includes('video'),
    refusesCachePoints: isKnown && !minimumCacheTokens,
    refusesToolCachePoints: isKnown && !cachesTools,
    refusesHourCache: traits.cacheTtls !== undefined && !traits.cacheTtls.includes('1h'),
    optimizedLatency: isKnown ? (traits.optimizedLatency ?? false) : undefined,
    serviceTiers: traits.serviceTiers,
    betas: traits.betas,
    contextTokens: traits.contextTokens ?? undefined,
    overflow: traits.overflow,
    countsMaxTokens: traits.countsMaxTokens ?? false,
    thinking: traits.thinking ?? undefined,
    startsWithUser: traits.startsWithUser ?? false,
    isolatesToolResults: traits.isolatesToolResults ?? false,
    refusesToolStatus: traits.refusesToolStatus ?? false,
  }
}
