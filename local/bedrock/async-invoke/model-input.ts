import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'

/** Members with media in base64, of Marengo, Nova and Luma. */
const MEDIA_MEMBERS: ReadonlySet<string> = new Set(['base64String', 'bytes', 'data'])

/** Replaces all media in an input by their hashes. The result is kept until the invocation ends. */
export function condenseMedia(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, condense(name, value)]))
}

function condense(name: string, value: JsonValue): JsonValue {
  if (typeof value === 'string') {
    return MEDIA_MEMBERS.has(name) ? `sha256:${createHash('sha256').update(value).digest('hex')}` : value
  }
  if (isJsonObject(value)) return condenseMedia(value)
  return isList(value) ? value.map((item) => condense(name, item)) : value
}

/** Returns every string of an input except media, for directives. */
export function collectTexts(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (isList(value)) return value.flatMap(collectTexts)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => (MEDIA_MEMBERS.has(name) ? [] : collectTexts(member)))
}

/** Returns the URIs of all media in S3. */
export function collectMediaUris(value: JsonValue): string[] {
  if (isList(value)) return value.flatMap(collectMediaUris)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name === 's3Location' && isJsonObject(member) && typeof member.uri === 'string'
      ? [member.uri]
      : collectMediaUris(member),
  )
}

/** Hashes a request independently of the order of members. */
export function hashJson(value: JsonValue): string {
  const canonical = JSON.stringify(value, (_name, member: JsonValue) =>
    isJsonObject(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
  return createHash('sha256').update(canonical).digest('base64')
}

/** Array.isArray does not narrow a readonly array. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
