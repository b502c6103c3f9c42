import { isObject, type JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/**
 * Typed access to the properties of one resource. CloudFormation passes numbers and booleans as text, too, so `number`
 * takes both. Throws a TemplateError that names the resource and the property.
 */
export interface PropertyReader {
  has(name: string): boolean
  string(name: string): string
  optionalString(name: string): string | undefined
  oneOf<const Value extends string>(name: string, values: readonly Value[], fallback: Value): Value
  optionalNumber(name: string): number | undefined
  /** Whole number from the lower to the upper bound. */
  wholeNumber(name: string, bounds: Bounds, fallback: number): number
  map(name: string): JsonObject
  list(name: string): readonly unknown[]
  /** Reader of an inner map. */
  within(name: string): PropertyReader
  /** Reader of the map at a position of a list. */
  item(name: string, position: number): PropertyReader
  fail(name: string, problem: string): never
}

export interface Bounds {
  readonly least: number
  readonly most: number
}

export function createPropertyReader(path: string, properties: JsonObject): PropertyReader {
  const fail = (name: string, problem: string): never => {
    throw new TemplateError([`${path}: property ${name} ${problem}`])
  }
  const optionalString = (name: string): string | undefined => {
    const value = properties[name]
    if (value === undefined || value === null) return undefined
    return typeof value === 'object' ? fail(name, `is not text: ${JSON.stringify(value)}`) : String(value)
  }
  const string = (name: string): string => optionalString(name) ?? fail(name, 'is required')
  const map = (name: string): JsonObject => {
    const value = properties[name] ?? {}
    return isObject(value) ? value : fail(name, `is not a map: ${JSON.stringify(value)}`)
  }
  const optionalNumber = (name: string): number | undefined => {
    const text = optionalString(name)
    if (text === undefined) return undefined
    const number = Number(text)
    return text.trim() === '' || Number.isNaN(number) ? fail(name, `is not a number: ${text}`) : number
  }
  const list = (name: string): readonly unknown[] => {
    const value = properties[name] ?? []
    return Array.isArray(value) ? value : fail(name, `is not a list: ${JSON.stringify(value)}`)
  }
  return {
    has: (name) => properties[name] !== undefined && properties[name] !== null,
    string,
    optionalString,
    optionalNumber,
    wholeNumber: (name, { least, most }, fallback) => {
      const number = optionalNumber(name) ?? fallback
      const isWithin = Number.isInteger(number) && number >= least && number <= most
      return isWithin ? number : fail(name, `is ${number}, it must be a whole number from ${least} to ${most}`)
    },
    oneOf: (name, values, fallback) => {
      const text = optionalString(name) ?? fallback
      return (
        values.find((value) => value === text) ??
        fail(name, `is ${text}, the local stack supports ${values.join(', ')}`)
      )
    },
    map,
    list,
    within: (name) => createPropertyReader(`${path}.${name}`, map(name)),
    item: (name, position) => {
      const value = list(name)[position]
      if (!isObject(value)) return fail(`${name}.${position}`, `is not a map: ${JSON.stringify(value)}`)
      return createPropertyReader(`${path}.${name}.${position}`, value)
    },
    fail,
  }
}
