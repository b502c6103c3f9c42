import { isJsonObject, type JsonValue } from '../shapes/json.ts'

/** Members that hold any document of a model, such as the input of a tool. */
const FREE_MEMBERS = new Set(['input', 'parameters'])

/** Members that depend on the state of an invocation or on the number of results. */
const VARYING_MEMBERS = new Set(['endTime', 'failureMessage', 'nextToken'])

/**
 * Lists where the shapes of two groups of values differ: members added or missing, and types changed. Values do not count. The
 * items of a list have one shape together, and null is a value of every type.
 */
export function compareShapes(recorded: readonly JsonValue[], live: readonly JsonValue[], path: string): string[] {
  const before = typesOf(recorded)
  const after = typesOf(live)
  if (before.length === 0 || after.length === 0) return []
  if (after.some((type) => !before.includes(type))) {
    return [`${path || 'the answer'}: ${before.join(' or ')} -> ${after.join(' or ')}`]
  }
  return [
    ...compareMembers(recorded.filter(isJsonObject), live.filter(isJsonObject), path),
    ...compareShapes(recorded.filter(isArray).flat(), live.filter(isArray).flat(), `${path}[]`),
  ]
}

type Objects = readonly Readonly<Record<string, JsonValue>>[]

function compareMembers(recorded: Objects, live: Objects, path: string): string[] {
  if (recorded.length === 0 || live.length === 0) return []
  const names = new Set([...recorded, ...live].flatMap((value) => Object.keys(value)))
  return [...names].flatMap((name) => {
    const before = valuesOf(recorded, name)
    const after = valuesOf(live, name)
    const member = path === '' ? name : `${path}.${name}`
    if (before.length > 0 && after.length > 0) {
      // Only the type of a free document is compared.
      return FREE_MEMBERS.has(name) ? compareTypes(before, after, member) : compareShapes(before, after, member)
    }
    if (VARYING_MEMBERS.has(name)) return []
    return [`${member}: ${after.length > 0 ? 'added' : 'missing'}, ${describeTypes([...before, ...after])}`]
  })
}

function compareTypes(recorded: readonly JsonValue[], live: readonly JsonValue[], path: string): string[] {
  const [before, after] = [describeTypes(recorded), describeTypes(live)]
  return before === after ? [] : [`${path}: ${before} -> ${after}`]
}

function valuesOf(objects: Objects, name: string): JsonValue[] {
  return objects.flatMap((value) => {
    const member = value[name]
    return member === undefined ? [] : [member]
  })
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function describeTypes(values: readonly JsonValue[]): string {
  return typesOf(values).join(' or ') || 'null'
}

function typesOf(values: readonly JsonValue[]): string[] {
  const types = values.filter((value) => value !== null).map((value) => (isArray(value) ? 'list' : typeof value))
  return [...new Set(types)].sort()
}
