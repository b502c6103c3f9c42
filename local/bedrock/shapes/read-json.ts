import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** Typed reads of checked JSON. An absent member, or one of another type, is undefined or empty. */

export function readObject(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

export function readString(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function readNumber(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function readList(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

export function readObjects(value: JsonValue | undefined): readonly JsonObject[] {
  return readList(value).filter(isJsonObject)
}

export function readStrings(value: JsonValue | undefined): readonly string[] {
  return readList(value).filter((item) => typeof item === 'string')
}

/** Makes the possibly undefined members of `Fields` optional, as `exactOptionalPropertyTypes` requires. */
export type Defined<Fields> = {
  [Key in keyof Fields as undefined extends Fields[Key] ? never : Key]: Fields[Key]
} & {
  [Key in keyof Fields as undefined extends Fields[Key] ? Key : never]?: Exclude<Fields[Key], undefined>
}

/** Copies an object without its undefined members. */
export function omitUndefined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}
