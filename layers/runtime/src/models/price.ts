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
