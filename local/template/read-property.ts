import { isObject, type JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/**
 * Typed access to the properties of one resource. CloudFormation hands numbers and booleans on as text, so `number`
 * takes both. Throws a TemplateError that names the resource and the property.
 */
export interface PropertyReader {
  string(name: string): string
  optionalString(name: string): string | undefined
  oneOf<const Value extends string>(name: string, values: readonly Value[], fallback: Value): Value
  optionalNumber(name: string): number | undefined
  map(name: string): JsonObject
  list(name: string): readonly unknown[]
  /** A reader for a map inside. */
  within(name: string): PropertyReader
  fail(name: string, problem: string): never
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
  return {
    string,
    optionalString,
    oneOf: (name, values, fallback) => {
      const text = optionalString(name) ?? fallback
      return (
        values.find((value) => value === text) ?? fail(name, `is ${text}, the local stack knows ${values.join(', ')}`)
      )
    },
    optionalNumber: (name) => {
      const text = optionalString(name)
      if (text === undefined) return undefined
      const number = Number(text)
      return text.trim() === '' || Number.isNaN(number) ? fail(name, `is not a number: ${text}`) : number
    },
    map,
    list: (name) => {
      const value = properties[name] ?? []
      return Array.isArray(value) ? value : fail(name, `is not a list: ${JSON.stringify(value)}`)
    },
    within: (name) => createPropertyReader(`${path}.${name}`, map(name)),
    fail,
  }
}
