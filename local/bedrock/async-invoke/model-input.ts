import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'

/** Members that hold media in base64: Marengo's and Nova's. */
const MEDIA_MEMBERS: ReadonlySet<string> = new Set(['base64String', 'bytes'])

/** The same input with all media in it replaced by their hashes: what is kept until the invocation ends. */
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

/** Every string of an input, media left aside: where directives may stand. */
export function collectTexts(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (isList(value)) return value.flatMap(collectTexts)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => (MEDIA_MEMBERS.has(name) ? [] : collectTexts(member)))
}

/** The URIs of all media that an input leaves in S3. */
export function collectMediaUris(value: JsonValue): string[] {
  if (isList(value)) return value.flatMap(collectMediaUris)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name === 's3Location' && isJsonObject(member) && typeof member.uri === 'string'
      ? [member.uri]
      : collectMediaUris(member),
  )
}

/** The same for requests that say the same, in whatever order of members. */
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
