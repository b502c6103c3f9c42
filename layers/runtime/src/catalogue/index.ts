/** US dollars per million tokens. `cacheWrite` is the price of a five-minute cache entry; 0 means not priced. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

export interface CatalogueModel {
  readonly modelId: string
  readonly provider: string
  readonly contextTokens: number
  readonly maxOutputTokens: number
  readonly inputModalities: readonly string[]
  readonly reasoning: boolean
  /** Ids that a call may name: inference profiles by geography, and the model's own id where it is served on demand. */
  readonly invocableAs: readonly { readonly modelId: string; readonly pricePerMillionTokens: Price }[]
}

export interface Catalogue {
  /** Day of the prices, YYYY-MM-DD, and where they are from. */
  readonly asOf: string
  readonly source: string
  readonly currency: 'USD'
  readonly models: readonly CatalogueModel[]
}

/** The source's word for the model's own id among its profiles. */
const OWN_ID = 'base'

/** The known models with those of their ids that `isAllowed`; models of which none is left are left out. */
export async function listModels(isAllowed: (modelId: string) => boolean): Promise<Catalogue> {
  // Read when it is asked for: the other operations need none of it at their cold start.
  const { default: catalogue } = await import('./models.json', { with: { type: 'json' } })
  const models = catalogue.models.map(({ prices, ...model }) => ({
    ...model,
    provider: model.modelId.slice(0, model.modelId.indexOf('.')),
    invocableAs: Object.entries(prices)
      .map(([prefix, pricePerMillionTokens]) => ({
        modelId: prefix === OWN_ID ? model.modelId : `${prefix}.${model.modelId}`,
        pricePerMillionTokens,
      }))
      .filter(({ modelId }) => isAllowed(modelId)),
  }))
  return {
    asOf: catalogue.asOf,
    source: catalogue.source,
    currency: 'USD',
    models: models.filter(({ invocableAs }) => invocableAs.length > 0),
  }
}
