import { toBuffer } from './json-document.ts'

/** A JSON object whose members are not known. */
export type PlainObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value where it is an object; an empty object otherwise. */
export function asObject(value: unknown): PlainObject {
  return isObject(value) ? value : {}
}

/**
 * Parses bytes that should hold a JSON object, for what is only looked at and goes on as it came.
 *
 * @returns an empty object for anything else
 */
export function parseObject(bytes: Uint8Array): PlainObject {
  try {
    return asObject(JSON.parse(toBuffer(bytes).toString()))
  } catch {
    return {}
  }
}
