import { logger } from '../../core/logging.ts'
import type { ModelPrice } from '../../models/model-row.ts'

/** Looks up a price. Returns undefined for an id without a known price. */
export type FindPrice = (modelId: string) => Promise<ModelPrice | undefined>

/** Prices by model id, each looked up once. */
export interface PriceBook {
  /** Schedules the lookup of a price for a call that was just sent, so that it runs while the model works. */
  prepare(modelId: string): void
  /** Returns a price. It never fails: a price that cannot be looked up is undefined. */
  find(modelId: string): Promise<ModelPrice | undefined>
}

/** Delay of the lookup. The first lookup blocks the processor for some milliseconds, so the call must leave first. */
const PREPARE_AFTER_MS = 20

/** Limit of kept prices, since callers can name any id. */
const MAX_KNOWN = 256

export interface PriceBookOptions {
  /** Region in which Bedrock is called. Prices of models without an inference profile depend on it. */
  readonly region?: string | undefined
  /** Lookup that replaces the catalogue. */
  readonly findPrice?: FindPrice
}

export function createPriceBook({ region, findPrice = findInCatalogue(region) }: PriceBookOptions = {}): PriceBook {
  const found = new Map<string, Promise<ModelPrice | undefined>>()
  const book: PriceBook = {
    prepare(modelId) {
      if (!found.has(modelId)) setTimeout(() => book.find(modelId), PREPARE_AFTER_MS).unref()
    },
    find(modelId) {
      const known = found.get(modelId)
      if (known) return known
      const price = findPrice(modelId).catch((error: Error) => {
        // A missing price must not fail a call that was answered.
        found.delete(modelId)
        logger.warn('A price could not be looked up', { causeName: error.name })
        return undefined
      })
      if (found.size >= MAX_KNOWN) found.clear()
      found.set(modelId, price)
      return price
    },
  }
  return book
}

/** Returns a lookup in the catalogue, which is large and loaded on first use. */
function findInCatalogue(region: string | undefined): FindPrice {
  return async (modelId) => (await import('../../models/catalogue.ts')).findPrice(modelId, region)
}
