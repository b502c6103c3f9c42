import type { JsonObject } from '../../shapes/json.ts'
import { readNumber } from '../../shapes/read-json.ts'
import { splitWords } from '../words.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Chooses a number that the schema allows: the next one in the prompt, or 1, moved into the bounds. */
export function chooseNumber(schema: JsonObject, name: string, facts: PromptFacts, isInteger: boolean): number {
  const step = readNumber(schema.multipleOf) ?? (isInteger ? 1 : 0)
  const gap = step > 0 ? step : 1e-6
  const minimum = Math.max(
    readNumber(schema.minimum) ?? Number.NEGATIVE_INFINITY,
    exclusive(schema, 'exclusiveMinimum', 'minimum') + gap,
  )
  const maximum = Math.min(
    readNumber(schema.maximum) ?? Number.POSITIVE_INFINITY,
    -exclusive(schema, 'exclusiveMaximum', 'maximum') - gap,
  )
  const wanted = Math.min(Math.max(findNumber(name, facts), minimum), maximum)
  if (step <= 0) return wanted
  const rounded = Math.round(wanted / step) * step
  const bounded = rounded < minimum ? Math.ceil(minimum / step) * step : rounded
  return clean(bounded > maximum ? Math.floor(maximum / step) * step : bounded)
}

/**
 * Reads an exclusive bound, as a number or, as in old schemas, as true beside the bound. -Infinity without one; an upper bound
 * has the other sign, so that both are lower ones.
 */
function exclusive(
  schema: JsonObject,
  name: 'exclusiveMinimum' | 'exclusiveMaximum',
  bound: 'minimum' | 'maximum',
): number {
  const value = schema[name] === true ? readNumber(schema[bound]) : readNumber(schema[name])
  if (value === undefined) return Number.NEGATIVE_INFINITY
  return name === 'exclusiveMaximum' ? -value : value
}

function findNumber(name: string, facts: PromptFacts): number {
  const words = splitWords(name)
  if (words.some((word) => /^lat(itude)?$/.test(word))) return facts.coordinates.latitude
  if (words.some((word) => /^(lon|lng|longitude)$/.test(word))) return facts.coordinates.longitude
  return Number(facts.take('number') ?? 1)
}

/** Removes the error of floating point: 0.30000000000000004 is 0.3. */
function clean(number: number): number {
  return Number(number.toPrecision(12))
}
