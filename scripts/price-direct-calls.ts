import { toPrice } from '../layers/runtime/src/models/catalogue.ts'
import { writeModelName } from '../layers/runtime/src/models/model-id.ts'
import type { CatalogueData, ModelPrice } from '../layers/runtime/src/models/model-row.ts'

/**
 * Prices of one token, in units of 10^-12 US dollars: input, output, cache read, cache write for 5 minutes, for 1 hour. null:
 * not known. The day of the price is behind them where it is not that of the table.
 */
type TokenPrices = readonly (number | string | null)[]

/** Prices that calls of the workflow's mode direct need, which no function prices. */
interface DirectPrices {
  /** Day of the prices, YYYY-MM-DD. */
  readonly priceDate: string
  /** By the id of a model or inference profile. */
  readonly prices: Readonly<Record<string, TokenPrices>>
}

/** Prices in dollars per million tokens have at most six decimals, so those of a token are whole numbers. */
const UNITS_PER_MILLION = 1_000_000

/** Lists the prices of all ids in the table of models. Those of speech are left out: the workflow cannot call them. */
export function priceDirectCalls(catalogue: CatalogueData): DirectPrices {
  const rows = catalogue.models.flatMap((model) =>
    Object.keys(model.prices).flatMap((prefix) => {
      const price = toPrice(catalogue, model, prefix)
      return price && price.inputSpeech === undefined
        ? [[writeModelName(model.modelId, prefix), toUnits(price, catalogue.pricesAsOf)] as const]
        : []
    }),
  )
  return { priceDate: catalogue.pricesAsOf, prices: Object.fromEntries(rows) }
}

function toUnits(
  { input, output, cacheRead, cacheWrite5m, cacheWrite1h, asOf }: ModelPrice,
  priceDate: string,
): TokenPrices {
  const units = [input, output, cacheRead, cacheWrite5m, cacheWrite1h].map((price) =>
    price === undefined ? null : Math.round(price * UNITS_PER_MILLION),
  )
  return asOf === priceDate ? units : [...units, asOf]
}

const DATE = /("priceDate": )"[^"]*"/
const PRICES = /( *)("prices": )\{[^}]*\}/

/** Returns the text of the state machine with the prices of the table. */
export function withDirectPrices(definition: string, catalogue: CatalogueData): string {
  const { priceDate, prices } = priceDirectCalls(catalogue)
  const rows = Object.entries(prices).map(([id, units]) => `${JSON.stringify(id)}: [${units.map(toJson).join(', ')}]`)
  return definition
    .replace(DATE, (_, label: string) => `${label}${JSON.stringify(priceDate)}`)
    .replace(PRICES, (_, indent: string, label: string) => {
      const lines = rows.map((row) => `${indent}  ${row}`).join(',\n')
      return `${indent}${label}{\n${lines}\n${indent}}`
    })
}

function toJson(value: number | string | null): string {
  return JSON.stringify(value)
}
