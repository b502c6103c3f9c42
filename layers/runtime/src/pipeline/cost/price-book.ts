import { logger } from '../../core/logging.ts'
import type { ModelPrice } from '../../models/model-row.ts'

/** @returns undefined for an id of which no price is known */
export type FindPrice = (modelId: string) => Promise<ModelPrice | undefined>

/** Prices by the id that is called, each looked up once. */
export interface PriceBook {
  /** Looks a price up soon, for a call that has just been sent: the catalogue is read while Bedrock works. */
  prepare(modelId: string): void
  /** Never fails: a price that cannot be looked up is not known. */
  find(modelId: string): Promise<ModelPrice | undefined>
}

/** The call must have left before the catalogue is read, which keeps the processor for some milliseconds, once. */
const PREPARE_AFTER_MS = 20

/** Callers can name any id. */
const MAX_KNOWN = 256

export interface PriceBookOptions {
  /** Where Bedrock is called: prices of models that are called by their bare id differ between regions. */
  readonly region?: string | undefined
  /** In place of the catalogue. */
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
        // A call that was answered and paid for does not fail for want of its price.
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

/** The catalogue is large, and read when it is used. */
function findInCatalogue(region: string | undefined): FindPrice {
  return async (modelId) => (await import('../../models/catalogue.ts')).findPrice(modelId, region)
}
