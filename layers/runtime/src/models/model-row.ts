export type SamplingRule = 'one' | 'none'

/** Rules that requests of a model follow. A missing member means that nothing is known, or nothing special. */
export interface ModelRules {
  /** Models of one family read the same native body. null: no other model reads it. */
  readonly family?: string | null
  /** `one`: the model takes `temperature` or `topP`, not both. `none`: neither these nor `topK`. null: all. */
  readonly sampling?: SamplingRule | null
  /** True if Bedrock itself reads S3 locations in the requests. */
  readonly readsS3?: boolean
  /** True if Bedrock itself runs StartAsyncInvoke. */
  readonly async?: boolean
  /** Smallest cached prefix in tokens; null: the model caches nothing. */
  readonly minimumCacheTokens?: number | null
  /** True if a cache point may stand behind the tools. */
  readonly cachesTools?: boolean
  /** True if the model reads text completions (Claude 2 and older), not messages. */
  readonly textCompletion?: boolean
  /** Values of `anthropic_beta` that have ended. */
  readonly endedBetas?: readonly string[]
  /** undefined and null: no limits are known. */
  readonly images?: ImageLimits | null
  /** Formats of documents that may be as large as the request; others have 4.5 MB at most. */
  readonly largeDocuments?: readonly string[]
}

export interface ImageLimits {
  /** Most images of a request. */
  readonly count: number
  /** Most bytes of one, decoded. */
  readonly bytes: number
  /** Most pixels of a side. */
  readonly pixels: number
  /** Above so many images, the most pixels of a side are `manyPixels`. */
  readonly manyCount?: number
  readonly manyPixels?: number
}

/** Rules by the whole id of a model, or by the beginning of ids with `*` behind it: a line of models. */
export type RuleTable = Readonly<Record<string, ModelRules>>

/**
 * Price of a model for one of its ids, in US dollars per million tokens. A missing member is not known, and then a cost that
 * needs it is not known either.
 */
export interface ModelPrice {
  /** Price of input tokens that were neither read from nor written to a cache. */
  readonly input: number
  readonly output: number
  /** Price of input tokens that are speech. `input` is then that of text. */
  readonly inputSpeech?: number
  /** Price of output tokens that are speech. */
  readonly outputSpeech?: number
  readonly cacheRead?: number
  /** Price of tokens written to the cache for five minutes. */
  readonly cacheWrite5m?: number
  /** Price of tokens written to the cache for an hour. */
  readonly cacheWrite1h?: number
  /** Factors on all prices by service tier (`flex`, `priority`). A missing factor is not known. */
  readonly tiers?: Readonly<Record<string, number>>
  /** Day of the price, YYYY-MM-DD. */
  readonly asOf: string
}

export type LifecycleStatus = 'ACTIVE' | 'LEGACY' | 'END_OF_LIFE'

export interface Lifecycle {
  /** Status on the day of the catalogue. A date that has passed since then takes precedence. */
  readonly status: LifecycleStatus
  /** Days, YYYY-MM-DD; null: not known or not announced. */
  readonly legacyDate: string | null
  readonly endOfLifeDate: string | null
  /** Id of the model to use instead. */
  readonly successor: string | null
}

/** Capabilities of a model; null: no source says. */
export interface Capabilities {
  readonly converse: boolean | null
  readonly stream: boolean | null
  readonly tools: boolean | null
  /** Accepts images. */
  readonly vision: boolean | null
  /** Accepts documents in Converse. Models without vision get their text. */
  readonly documents: boolean | null
  /** Caches prompts at cache points. */
  readonly cache: boolean | null
  readonly countTokens: boolean | null
  /** Bedrock itself runs StartAsyncInvoke. A job of this stack runs every model. */
  readonly async: boolean | null
  readonly batch: boolean | null
}

/** Prefix of an inference profile; `base` stands for the own id of the model. */
export type PriceKey = string

/** Price as the table stores it, without the day and the factors of the catalogue. */
export type StoredPrice = Omit<ModelPrice, 'tiers' | 'asOf'> & { readonly asOf?: string }

/** Row of a foundation model. null means not known. */
export interface CatalogueModel {
  readonly modelId: string
  /** First label of the id. */
  readonly provider: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly inputModalities: readonly string[]
  readonly outputModalities: readonly string[]
  readonly reasoning: boolean | null
  /** False: only inference profiles can be called, not the own id. */
  readonly onDemand: boolean | null
  /** Prefixes of its inference profiles. */
  readonly profiles: readonly string[]
  readonly capabilities: Capabilities
  /** null: the model has no cache points. */
  readonly cache: { readonly minimumTokens: number | null; readonly ttls: readonly string[] | null } | null
  /** Parameters and features that the model is known to refuse. */
  readonly refuses: readonly string[]
  /** Parameters of which the model accepts only one. */
  readonly exclusive: readonly string[]
  /** Values of `anthropic_beta` that have ended. */
  readonly endedBetas?: readonly string[]
  /** Rules that differ from those of the model's line. */
  readonly rules?: RowRules
  /** Service tiers of the model. */
  readonly serviceTiers: readonly string[] | null
  readonly prices: Readonly<Record<PriceKey, StoredPrice>>
  readonly lifecycle: Lifecycle
  readonly notes?: readonly string[]
}

/** Rules that rows and lines state themselves. The other rules follow from other members. */
export type RowRules = Omit<ModelRules, 'sampling' | 'async' | 'endedBetas'>

export type ThinkingKind = 'enabled' | 'adaptive' | 'between_tools' | 'disabled'

/** Thinking of a Claude model. */
export interface ModelThinking {
  /** Values of `thinking.type` that it accepts. */
  readonly kinds: readonly ThinkingKind[]
  /** True if it omits the text of its thinking unless the request asks for a summary. */
  readonly omitsText?: boolean
  /** True if an effort above `high` needs thinking. */
  readonly capsEffort?: boolean
}

/** `toolUseType`: the member `type` of a tool use. `reasoning`: reasoning. */
export type AnswerTrait = 'toolUseType' | 'reasoning'

/** Rules of a line of models for the turns of a conversation. No call of this stack needs them. */
export interface TurnRules {
  /** null: not known. */
  readonly thinking?: ModelThinking | null
  /** True if a conversation must begin with a user message. */
  readonly startsWithUser?: boolean
  /** True if a message with tool results may have no other content. */
  readonly isolatesToolResults?: boolean
  /** True if tool results may have no `status`. */
  readonly refusesToolStatus?: boolean
  /** What its answers have without being asked. */
  readonly answers?: readonly AnswerTrait[]
}

/** Words in which a model refuses a conversation that is longer than its context window. */
export type OverflowWording =
  | 'contextLength'
  | 'inputExceeded'
  | 'inputTooLong'
  | 'promptTooLong'
  | 'requestLength'
  | 'tooManyTokens'
  | 'windowExceeded'

/** Rules of a line of models for features of requests. No call of this stack needs them. A missing member is not known. */
export interface FeatureRules {
  /** Times to live of its cache points. */
  readonly cacheTtls?: readonly string[]
  /** False if images are refused in tool results, also by models that accept them elsewhere. */
  readonly imagesInToolResults?: boolean
  /** Service tiers of models whose rows do not state them. */
  readonly serviceTiers?: readonly string[]
  /** True if profiles of the model have a latency of `optimized`. */
  readonly optimizedLatency?: boolean
  /** Values of `anthropic_beta` that it accepts. */
  readonly betas?: readonly string[]
  readonly overflow?: OverflowWording
  /** True if the window also limits the sum of input and `maxTokens`. Newer models of Claude stop at its end instead. */
  readonly countsMaxTokens?: boolean
}

/** Common properties of models whose ids begin alike, listed or not. A longer beginning takes precedence. */
export interface ModelLine extends RowRules, TurnRules, FeatureRules {
  /** Capabilities of models whose rows do not state them. */
  readonly capabilities?: Partial<Capabilities>
  /** Context window of models whose rows do not state it. */
  readonly contextTokens?: number
  readonly refuses?: readonly string[]
  readonly exclusive?: readonly string[]
  readonly onDemand?: boolean | null
  readonly countTokens?: boolean
  readonly async?: boolean
  /** Native body of InvokeModel, where the family does not say it. Models of one body need not be of one family. */
  readonly nativeBody?: string
}

export interface CatalogueData {
  /** Day of the table, YYYY-MM-DD. */
  readonly asOf: string
  readonly currency: 'USD'
  readonly sources: Readonly<Record<string, string>>
  readonly pricesAsOf: string
  /** Factors on a price by service tier, for models with that tier. */
  readonly tierFactors: Readonly<Record<string, number>>
  /** Aliases, each with its models, the best first. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Lines of models by the beginning of their ids. */
  readonly lines: Readonly<Record<string, ModelLine>>
  readonly models: readonly CatalogueModel[]
  /** Ids of other models that Bedrock has or had. No more is known of them than their lines say. */
  readonly otherModels: readonly string[]
}
