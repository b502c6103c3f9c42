import { isJsonObject, type JsonObject, type JsonValue } from '../../shapes/json.ts'
import { readList, readNumber, readObject, readObjects, readString, readStrings } from '../../shapes/read-json.ts'
import { chooseNumber } from './choose-number.ts'
import { chooseText, findFactKind } from './choose-text.ts'
import { type PromptFacts, readFacts } from './prompt-facts.ts'

/** Deeper schemas are recursive and endless. */
const MAX_DEPTH = 8

/** Below this depth only what a schema requires is filled, so that recursive schemas end. */
const SHALLOW_DEPTH = 3

/** Most items of an array that the schema does not require. */
const MAX_ITEMS = 5

interface Place {
  readonly root: JsonObject
  readonly facts: PromptFacts
  readonly depth: number
  /** Name of the property. */
  readonly name: string
}

/**
 * Makes an instance of a JSON schema with values from the prompt. Of an object it fills the required properties (all, when
 * none is required) and those whose value the prompt names.
 *
 * @param prompts what the user said, the last first
 */
export function fillSchema(schema: JsonObject, prompts: readonly string[]): JsonValue {
  return fill(schema, { root: schema, facts: readFacts(prompts), depth: 0, name: 'value' })
}

type Filler = (schema: JsonObject, place: Place) => JsonValue

const FILLERS: Readonly<Record<string, Filler>> = {
  object: fillObject,
  array: fillArray,
  string: (schema, { name, facts }) => chooseText(schema, name, facts),
  integer: (schema, { name, facts }) => chooseNumber(schema, name, facts, true),
  number: (schema, { name, facts }) => chooseNumber(schema, name, facts, false),
  boolean: () => true,
  null: () => null,
}

function fill(written: JsonValue | undefined, place: Place): JsonValue {
  const schema = isJsonObject(written) ? simplify(written, place) : {}
  if (schema.const !== undefined) return schema.const
  const [firstValue] = readList(schema.enum)
  if (firstValue !== undefined) return findMentioned(readStrings(schema.enum), place.facts) ?? firstValue
  if (schema.default !== undefined) return schema.default
  const filler = FILLERS[chooseType(schema)]
  return filler && place.depth < MAX_DEPTH ? filler(schema, place) : null
}

/** Replaces references, and joins what several schemas say of one value; of alternatives the first that fits. */
function simplify(schema: JsonObject, place: Place, seen: readonly string[] = []): JsonObject {
  const { $ref, allOf, anyOf, oneOf, ...own } = schema
  const reference = readString($ref)
  if (reference !== undefined && seen.includes(reference)) return own
  const all = [
    ...(reference === undefined ? [] : [findReference(reference, place.root)]),
    ...readObjects(allOf),
    ...chooseAlternative([...readObjects(anyOf), ...readObjects(oneOf)], place),
  ]
  const known = reference === undefined ? seen : [...seen, reference]
  return all.map((part) => simplify(part, place, known)).reduce(join, own)
}

function findReference(reference: string, root: JsonObject): JsonObject {
  const labels = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((label) => label !== '')
  const found = labels.reduce<JsonValue | undefined>((value, label) => {
    const name = decodeURIComponent(label).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) return value[Number(name)]
    return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }, root)
  return readObject(found) ?? {}
}

/** Joins two schemas of one value. Both lists of required properties count. */
function join(one: JsonObject, other: JsonObject): JsonObject {
  const properties = { ...readObject(one.properties), ...readObject(other.properties) }
  const required = [...new Set([...readStrings(one.required), ...readStrings(other.required)])]
  return {
    ...other,
    ...one,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  }
}

/** Chooses the first alternative that is not null; far down in a recursive schema one that ends. */
function chooseAlternative(alternatives: readonly JsonObject[], { depth }: Place): JsonObject[] {
  const isNull = ({ type }: JsonObject): boolean => type === 'null'
  const ends = alternatives.find((one) => isNull(one) || (one.$ref === undefined && one.properties === undefined))
  const chosen =
    depth >= SHALLOW_DEPTH ? (ends ?? alternatives[0]) : (alternatives.find((one) => !isNull(one)) ?? alternatives[0])
  return chosen ? [chosen] : []
}

function chooseType(schema: JsonObject): string {
  const types = typeof schema.type === 'string' ? [schema.type] : readStrings(schema.type)
  const type = types.find((one) => one !== 'null') ?? types[0]
  if (type !== undefined) return type
  if (schema.properties !== undefined || schema.required !== undefined) return 'object'
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array'
  return ['minimum', 'maximum', 'multipleOf'].some((name) => schema[name] !== undefined) ? 'number' : 'string'
}

function fillObject(schema: JsonObject, place: Place): JsonObject {
  const properties = readObject(schema.properties) ?? {}
  const required = readStrings(schema.required)
  const all = place.depth < SHALLOW_DEPTH ? Object.keys(properties) : []
  const chosen = new Set(
    required.length > 0 ? [...required, ...all.filter((name) => isMentioned(properties[name], place.facts))] : all,
  )
  const further = Object.keys(properties).filter((name) => !chosen.has(name))
  while (chosen.size < (readNumber(schema.minProperties) ?? 0)) chosen.add(further.shift() ?? `key${chosen.size + 1}`)
  // In the order of the schema, which is the order of the facts in most prompts.
  const names = [...Object.keys(properties).filter((name) => chosen.has(name)), ...chosen]
  const entries = [...new Set(names)].map((name): [string, JsonValue] => {
    const property = Object.hasOwn(properties, name) ? properties[name] : readObject(schema.additionalProperties)
    return [name, fill(property, { ...place, name, depth: place.depth + 1 })]
  })
  return Object.fromEntries(entries)
}

function fillArray(schema: JsonObject, place: Place): JsonValue[] {
  const prefix = readList(schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined))
  const inner = (item: JsonValue | undefined): JsonValue => fill(item, { ...place, depth: place.depth + 1 })
  const minimum = readNumber(schema.minItems) ?? (place.depth < SHALLOW_DEPTH ? 1 : 0)
  const said = countSaid(readObject(schema.items), place)
  const wanted = Math.max(minimum, prefix.length, said)
  const count = Math.min(wanted, readNumber(schema.maxItems) ?? wanted)
  const first = prefix.slice(0, count).map(inner)
  const rest = Array.from({ length: Math.max(0, count - first.length) }, () =>
    inner(isJsonObject(schema.items) ? schema.items : undefined),
  )
  const items = [...first, ...rest]
  return schema.uniqueItems === true ? makeUnique(items, readObject(schema.items) ?? {}) : items
}

/** Counts the facts of a prompt that an array could list: the numbers to add, the places to compare. */
function countSaid(items: JsonObject | undefined, { name, facts, depth }: Place): number {
  if (!items || depth >= SHALLOW_DEPTH) return 0
  const type = chooseType(items)
  const kind = type === 'number' || type === 'integer' ? 'number' : type === 'string' ? findFactKind(name) : undefined
  return kind ? Math.min(facts.remaining(kind), MAX_ITEMS) : 0
}

/** Replaces repeated items by others that the schema of the items allows. */
function makeUnique(items: readonly JsonValue[], schema: JsonObject): JsonValue[] {
  const values = readList(schema.enum)
  const unique: JsonValue[] = []
  for (const item of items) {
    const isNew = (value: JsonValue): boolean => unique.every((one) => JSON.stringify(one) !== JSON.stringify(value))
    unique.push(isNew(item) ? item : (values.find(isNew) ?? vary(item, unique.length)))
  }
  return unique
}

/** Changes a text or a number, or the first of them in an object. */
function vary(item: JsonValue, index: number): JsonValue {
  if (typeof item === 'number') return item + index
  if (typeof item === 'string') return `${item} ${index + 1}`
  if (!isJsonObject(item)) return item
  const first = Object.entries(item).find(([, value]) => typeof value === 'string' || typeof value === 'number')
  return first ? { ...item, [first[0]]: vary(first[1], index) } : item
}

/** Tests whether the prompt names a value of an optional property. */
function isMentioned(property: JsonValue | undefined, facts: PromptFacts): boolean {
  return findMentioned(readStrings(readObject(property)?.enum), facts) !== undefined
}

/** Finds an enum value that the prompt contains as a word. */
function findMentioned(values: readonly string[], { text }: PromptFacts): string | undefined {
  const spoken = text.toLowerCase()
  return values.find((value) => value !== '' && isWordOf(spoken, value.toLowerCase()))
}

/** Tests for a word: `up` is not in `update`. */
function isWordOf(text: string, word: string): boolean {
  const position = text.indexOf(word)
  if (position === -1) return false
  const isLetter = (character: string): boolean => /[\p{Script=Latin}\d]/u.test(character)
  const [before = '', after = ''] = [text.charAt(position - 1), text.charAt(position + word.length)]
  const isWhole = !(isLetter(before) && isLetter(word.charAt(0))) && !(isLetter(after) && isLetter(word.at(-1) ?? ''))
  return isWhole || isWordOf(text.slice(position + 1), word)
}
