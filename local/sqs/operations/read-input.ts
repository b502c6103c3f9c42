import type { JsonObject } from '../../template/json.ts'
import { invalidParameter, missingParameter } from '../errors.ts'

export function readString(input: JsonObject, name: string): string {
  const value = input[name]
  if (typeof value !== 'string' || value === '') throw missingParameter(name)
  return value
}

/** Undefined when it is left out. */
export function readInteger(input: JsonObject, name: string, first: number, last: number): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value) || (value as number) < first || (value as number) > last) {
    const reason = `Reason: Must be between ${first} and ${last}, if provided.`
    throw invalidParameter(`Value ${JSON.stringify(value)} for parameter ${name} is invalid. ${reason}`)
  }
  return value as number
}

/** Empty when it is left out. */
export function readStrings(input: JsonObject, name: string): readonly string[] {
  const value = input[name] ?? []
  if (!Array.isArray(value)) throw invalidParameter(`Value for parameter ${name} is invalid. Reason: Not a list.`)
  return value.map(String)
}
