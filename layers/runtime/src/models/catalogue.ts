import { OWN_ID, readModelName } from './model-id.ts'

/**
 * The price of a model under the id or ARN by which it is called; undefined where it is not known.
 *
 * @param region where the call is made: prices of bare ids differ between regions, and those of US regions are known.
 * Without one they are given for any region.
 */
export async function findPrice(modelId: string, region?: string): Promise<ModelPrice | undefined> {
  const name = readModelName(modelId)
  if (!name) return undefined
  if (name.prefix === undefined && region !== undefined && !/^us-(?!gov-|iso)/.test(region)) return undefined
  const catalogue = await loadCatalogue()
  const model = catalogue.models.find((candidate) => candidate.modelId === name.baseId)
  return model && toPrice(catalogue, model, name.prefix ?? OWN_ID)
}

/** @param prefix of a profile, or `base` */
export function toPrice(catalogue: CatalogueData, model: CatalogueModel, prefix: string): ModelPrice | undefined {
  const stored = model.prices[prefix]
  if (!stored) return undefined
  const known = Object.entries(catalogue.tierFactors).filter(([tier]) => model.serviceTiers?.includes(tier))
  return {
    asOf: catalogue.pricesAsOf,
    ...stored,
    ...(known.length > 0 && { tiers: Object.fromEntries(known) }),
  }
}

/** Read when it is asked for: no call of a model needs it at its cold start. */
export async function loadCatalogue(): Promise<CatalogueData> {
  const { default: catalogue } = await import('./models.json', { with: { type: 'json' } })
  // tests/unit/catalogue/data.test.ts checks that it is one.
  return catalogue as unknown as CatalogueData
}

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
