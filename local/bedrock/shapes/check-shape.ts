import { isBase64 } from './decode-base64.ts'
import { isJsonObject, isPresent, type JsonObject, type JsonValue } from './json.ts'
import type { ListShape, MapShape, Members, NumberShape, Shape, StringShape, StructureShape } from './shape.ts'

export type Path = readonly (string | number)[]

/** First violation of a shape in a request; callers word the message. */
export type Violation =
  /** `others` are missing, too; only the JSON schema check of models names them. */
  | { readonly kind: 'missing'; readonly path: Path; readonly member: string; readonly others: readonly string[] }
  | { readonly kind: 'refused'; readonly path: Path; readonly member: string }
  | { readonly kind: 'type'; readonly path: Path; readonly expected: string; readonly found: string }
  | {
      readonly kind: 'members'
      readonly path: Path
      readonly allowed: readonly string[]
      readonly found: readonly string[]
    }
  | {
      readonly kind: 'constraint'
      readonly path: Path
      readonly value: string
      /** In the words of the service. */
      readonly constraint: string
      /** The same in the words of the JSON schema check of most models. */
      readonly fact: string
    }

/** Checks `value`; undefined when it has the shape. Null members count as absent, unknown members are ignored. */
export function checkShape(value: JsonValue, shape: Shape, path: Path = []): Violation | undefined {
  switch (shape.type) {
    case 'document':
      return undefined
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrongType(path, 'Boolean', value)
    case 'string':
      return checkString(value, shape, path)
    case 'integer':
    case 'number':
      return checkNumber(value, shape, path)
    case 'blob':
      return checkBlob(value, path)
    case 'list':
      return checkList(value, shape, path)
    case 'map':
      return checkMap(value, shape, path)
    case 'structure':
      return isJsonObject(value) ? checkStructure(value, shape, path) : wrongType(path, 'JSONObject', value)
    case 'union':
      return isJsonObject(value) ? checkUnion(value, shape.members, path) : wrongType(path, 'JSONObject', value)
    case 'tagged':
      return isJsonObject(value) ? checkTagged(value, shape, path) : wrongType(path, 'JSONObject', value)
    case 'either':
      return checkEither(value, shape.shapes, path)
  }
}

function checkString(value: JsonValue, shape: StringShape, path: Path): Violation | undefined {
  if (typeof value !== 'string') return wrongType(path, 'String', value)
  if (shape.values && !shape.values.includes(value)) {
    return constraint(path, value, ...describeEnum(value, shape.values))
  }
  const length = checkBounds(value.length, shape, path, value, 'length')
  if (length) return length
  if (shape.pattern && !shape.pattern.test(value)) {
    const source = shape.shownPattern ?? shape.pattern.source
    const fact = `string [${value.slice(0, MAX_SHOWN)}] does not match pattern ${source}`
    return constraint(path, value, `Member must satisfy regular expression pattern: ${source}`, fact)
  }
  return undefined
}

function checkNumber(value: JsonValue, shape: NumberShape, path: Path): Violation | undefined {
  const expected = shape.type === 'integer' ? 'Integer' : 'Number'
  if (typeof value !== 'number') return wrongType(path, expected, value)
  if (shape.type === 'integer' && !Number.isSafeInteger(value)) return wrongType(path, expected, value)
  return checkBounds(value, shape, path, String(value), 'value')
}

function checkBlob(value: JsonValue, path: Path): Violation | undefined {
  if (typeof value !== 'string') return wrongType(path, 'Blob', value)
  if (value.length === 0) return checkBounds(0, { minimum: 1 }, path, '', 'length')
  return isBase64(value) ? undefined : wrongType(path, 'Base64', value)
}

function checkList(value: JsonValue, shape: ListShape, path: Path): Violation | undefined {
  if (!Array.isArray(value)) return wrongType(path, 'JSONArray', value)
  const items: readonly JsonValue[] = value
  const length = checkBounds(items.length, shape, path, `[${items.length} items]`, 'items')
  return length ?? firstViolation(items.entries(), ([index, item]) => checkShape(item, shape.items, [...path, index]))
}

function checkMap(value: JsonValue, shape: MapShape, path: Path): Violation | undefined {
  if (!isJsonObject(value)) return wrongType(path, 'JSONObject', value)
  const entries = Object.entries(value)
  const length = checkBounds(entries.length, shape, path, `{${entries.length} entries}`, 'entries')
  return (
    length ??
    firstViolation(
      entries,
      ([key, entry]) => checkKey(key, shape, path) ?? checkShape(entry, shape.values, [...path, key]),
    )
  )
}

/** A wrong key is a fault of the map: its own path would repeat it. */
function checkKey(key: string, { keys }: MapShape, path: Path): Violation | undefined {
  const violation = keys && checkShape(key, keys, path)
  return violation?.kind === 'constraint'
    ? { ...violation, constraint: `Map keys must satisfy constraint: [${violation.constraint}]` }
    : violation
}

function checkStructure(value: JsonObject, shape: StructureShape, path: Path): Violation | undefined {
  const refused = shape.refused?.find((member) => Object.hasOwn(value, member))
  if (refused) return { kind: 'refused', path, member: refused }
  const [missing, ...others] = shape.required?.filter((member) => !isPresent(value[member])) ?? []
  if (missing !== undefined) return { kind: 'missing', path, member: missing, others }
  return firstViolation(Object.keys(shape.members), (name) => checkMember(value, shape.members, name, path))
}

function checkUnion(value: JsonObject, members: Members, path: Path): Violation | undefined {
  const found = Object.keys(value).filter((name) => isPresent(value[name]))
  const [name] = found
  if (name === undefined || found.length > 1 || !Object.hasOwn(members, name)) {
    return { kind: 'members', path, allowed: Object.keys(members), found }
  }
  return checkMember(value, members, name, path)
}

function checkTagged(value: JsonObject, shape: Extract<Shape, { type: 'tagged' }>, path: Path): Violation | undefined {
  const tag = value.type ?? shape.fallback
  if (tag === undefined) return { kind: 'missing', path, member: 'type', others: [] }
  if (typeof tag !== 'string' || !Object.hasOwn(shape.variants, tag)) {
    return constraint([...path, 'type'], String(tag), ...describeEnum(String(tag), Object.keys(shape.variants)))
  }
  const variant = shape.variants[tag]
  return variant && checkStructure(value, variant, path)
}

function checkEither(value: JsonValue, shapes: readonly Shape[], path: Path): Violation | undefined {
  const violations = shapes.map((shape) => checkShape(value, shape, path))
  if (violations.some((violation) => violation === undefined)) return undefined
  // A deeper violation, or one of a bound, belongs to the alternative of the right type and explains more.
  return (
    violations.find((violation) => violation?.kind !== 'type' || violation.path.length > path.length) ?? violations[0]
  )
}

function checkMember(value: JsonObject, members: Members, name: string, path: Path): Violation | undefined {
  const member = value[name]
  const shape = members[name]
  if (!isPresent(member) || shape === undefined) return undefined
  return checkShape(member, typeof shape === 'function' ? shape() : shape, [...path, name])
}

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
}

/** Wording of a bound in a JSON schema check, by what is measured: too small, too large. */
const BOUND_FACTS = {
  length: ['expected minLength: %limit, actual: %size', 'expected maxLength: %limit, actual: %size'],
  value: ['%size is not greater or equal to %limit', '%size is not less or equal to %limit'],
  items: ['expected minimum item count: %limit, found: %size', 'expected maximum item count: %limit, found: %size'],
  entries: ['minimum size: [%limit], found: [%size]', 'maximum size: [%limit], found: [%size]'],
} as const

type Measure = keyof typeof BOUND_FACTS

function checkBounds(size: number, limits: Bounds, path: Path, shown: string, measure: Measure): Violation | undefined {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = limits
  if (size >= minimum && size <= maximum) return undefined
  const isSmall = size < minimum
  const limit = isSmall ? minimum : maximum
  const order = isSmall ? 'greater' : 'less'
  const named = measure === 'value' ? 'value' : 'length'
  const fact = BOUND_FACTS[measure][isSmall ? 0 : 1].replace('%limit', String(limit)).replace('%size', String(size))
  return constraint(path, shown, `Member must have ${named} ${order} than or equal to ${limit}`, fact)
}

function describeEnum(value: string, allowed: readonly string[]): [constraint: string, fact: string] {
  return [
    `Member must satisfy enum value set: [${allowed.join(', ')}]`,
    `${value.slice(0, MAX_SHOWN)} is not a valid enum value`,
  ]
}

function firstViolation<Item>(
  items: Iterable<Item>,
  check: (item: Item) => Violation | undefined,
): Violation | undefined {
  for (const item of items) {
    const violation = check(item)
    if (violation) return violation
  }
  return undefined
}

/** Most characters of a value in a message. */
const MAX_SHOWN = 100

function constraint(path: Path, value: string, serviceFact: string, fact: string): Violation {
  return { kind: 'constraint', path, value: value.slice(0, MAX_SHOWN), constraint: serviceFact, fact }
}

function wrongType(path: Path, expected: string, value: JsonValue): Violation {
  return { kind: 'type', path, expected, found: nameType(value) }
}

function nameType(value: JsonValue): string {
  if (value === null) return 'Null'
  if (Array.isArray(value)) return 'JSONArray'
  const names: Readonly<Record<string, string>> = { string: 'String', boolean: 'Boolean', object: 'JSONObject' }
  return names[typeof value] ?? (Number.isInteger(value) ? 'Integer' : 'Number')
}
