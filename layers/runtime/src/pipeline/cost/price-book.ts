import { logger } from '../../core/logger.ts'
import type { ModelPrice } from '../../models/price.ts'

/** @returns undefined for an id of which no price is known */
export type FindPrice = (modelId: string) => Promise<ModelPrice | undefined>

/** Prices by the id that is called, each looked up once. */
export interface PriceBook {
  /** Whether this id's price has been asked for before. */
  has(modelId: string): boolean
  /** Never fails: a price that cannot be looked up is not known. */
  find(modelId: string): Promise<ModelPrice | undefined>
}

/** Callers can name any id. */
const MOST_KNOWN = 256

export interface PriceBookOptions {
  /** Where Bedrock is called: prices of models that are called by their bare id differ between regions. */
  readonly region?: string | undefined
  /** In place of the catalogue. */
  readonly findPrice?: FindPrice
}

export function createPriceBook({ region, findPrice = findInCatalogue(region) }: PriceBookOptions = {}): PriceBook {
  const found = new Map<string, Promise<ModelPrice | undefined>>()
  return {
    has: (modelId) => found.has(modelId),
    find(modelId) {
      const known = found.get(modelId)
      if (known) return known
      const price = findPrice(modelId).catch((error: Error) => {
        // A call that was answered and paid for does not fail for want of its price.
        found.delete(modelId)
        logger.warn('A price could not be looked up', { causeName: error.name })
        return undefined
      })
      if (found.size >= MOST_KNOWN) found.clear()
      found.set(modelId, price)
      return price
    },
  }
}

/** The catalogue is large, and read when it is used. */
function findInCatalogue(region: string | undefined): FindPrice {
  return async (modelId) => (await import('../../models/find-price.ts')).findPrice(modelId, region)
}
