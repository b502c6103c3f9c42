import type { ModelPrice } from './price.ts'

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
  /** Service tiers that it can be asked for. */
  readonly serviceTiers: readonly string[] | null
  readonly prices: Readonly<Record<PriceKey, StoredPrice>>
  readonly lifecycle: Lifecycle
  readonly notes?: readonly string[]
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
  readonly models: readonly CatalogueModel[]
}
