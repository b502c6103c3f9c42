export type SamplingRule = 'one' | 'none'

/** Rules that requests of a model follow. A missing member means that nothing is known, or nothing special. */
export interface ModelRules {
  /** Models of one family read the same native body. null: no other model reads it. */
  readonly family?: string | null
  /** `one`: the model takes `temperature` or `topP`, not both. `none`: neither these nor `topK`. null: all. */
  readonly sampling?: SamplingRule | null
  /** Whether Bedrock itself reads S3 locations in the requests. */
  readonly readsS3?: boolean
  /** Whether Bedrock itself runs StartAsyncInvoke. */
  readonly async?: boolean
  /** Smallest cached prefix in tokens; null: the model caches nothing. */
  readonly minimumCacheTokens?: number | null
  /** Whether a cache point may stand behind the tools. */
  readonly cachesTools?: boolean
  /** Whether the model reads text completions (Claude 2 and older), not messages. */
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
 * What a model costs when it is called by one of its ids, in US dollars per million tokens. A member that is missing is
 * not known: a cost that needs it is not known either.
 */
export interface ModelPrice {
  /** Of input tokens that were neither read from nor written to a cache. */
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  /** Of tokens written to the cache for five minutes. */
  readonly cacheWrite5m?: number
  /** Of tokens written to the cache for an hour. */
  readonly cacheWrite1h?: number
  /** Factors on all of these, by service tier (`flex`, `priority`); one that is missing is not known. */
  readonly tiers?: Readonly<Record<string, number>>
  /** Day of the price, YYYY-MM-DD. */
  readonly asOf: string
}

export type LifecycleStatus = 'ACTIVE' | 'LEGACY' | 'END_OF_LIFE'

export interface Lifecycle {
  /** As it stood on the catalogue's day; a date that has passed since then counts for more. */
  readonly status: LifecycleStatus
  /** Days, YYYY-MM-DD; null where not known or not announced. */
  readonly legacyDate: string | null
  readonly endOfLifeDate: string | null
  /** Id of the model to use instead. */
  readonly successor: string | null
}

/** What a model can do; null where no source says. */
export interface Capabilities {
  readonly converse: boolean | null
  readonly stream: boolean | null
  readonly tools: boolean | null
  /** Images as input. */
  readonly vision: boolean | null
  /** Documents in Converse; models without vision get their text. */
  readonly documents: boolean | null
  /** Prompt caching by cache points. */
  readonly cache: boolean | null
  readonly countTokens: boolean | null
  /** StartAsyncInvoke of Bedrock itself; a job of this stack runs every model. */
  readonly async: boolean | null
  readonly batch: boolean | null
}

/** Where an inference profile routes to, as it stands before the model's id; `base` is the model's own id. */
export type PriceKey = string

/** A price as the data holds it: without the catalogue's own day and factors. */
export type StoredPrice = Omit<ModelPrice, 'tiers' | 'asOf'> & { readonly asOf?: string }

/** A foundation model. Null means not known. */
export interface CatalogueModel {
  readonly modelId: string
  /** The id's first label. */
  readonly provider: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly inputModalities: readonly string[]
  readonly outputModalities: readonly string[]
  readonly reasoning: boolean | null
  /** Whether its own id may be called; where not, an inference profile has to be. */
  readonly onDemand: boolean | null
  /** Prefixes of its inference profiles. */
  readonly profiles: readonly string[]
  readonly capabilities: Capabilities
  /** Null for models without cache points. */
  readonly cache: { readonly minimumTokens: number | null; readonly ttls: readonly string[] | null } | null
  /** Parameters and features that it is known to refuse. */
  readonly refuses: readonly string[]
  /** Parameters of which it takes one at most. */
  readonly exclusive: readonly string[]
  /** Values of `anthropic_beta` that have ended. */
  readonly endedBetas?: readonly string[]
  /** Rules that differ from those of the model's line. */
  readonly rules?: RowRules
  /** Service tiers that it can be asked for. */
  readonly serviceTiers: readonly string[] | null
  readonly prices: Readonly<Record<PriceKey, StoredPrice>>
  readonly lifecycle: Lifecycle
  readonly notes?: readonly string[]
}

/** Rules that a row writes down itself; the others follow from its other members. */
export type RowRules = Omit<ModelRules, 'sampling' | 'async' | 'endedBetas'>

/** What models have in common whose ids begin alike, listed or not. A longer beginning counts before a shorter one. */
export interface ModelLine extends RowRules {
  readonly refuses?: readonly string[]
  readonly exclusive?: readonly string[]
  readonly onDemand?: boolean | null
  readonly countTokens?: boolean
  readonly async?: boolean
}

export interface CatalogueData {
  /** Day of the whole, YYYY-MM-DD. */
  readonly asOf: string
  readonly currency: 'USD'
  readonly sources: Readonly<Record<string, string>>
  readonly pricesAsOf: string
  /** Factors on a price by service tier, for the models that have the tier. */
  readonly tierFactors: Readonly<Record<string, number>>
  /** Short names, each with the models it may stand for, the best first. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Lines of models by the beginning of their ids. */
  readonly lines: Readonly<Record<string, ModelLine>>
  readonly models: readonly CatalogueModel[]
}
