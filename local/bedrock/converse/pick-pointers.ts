import { parameterMessages, validationError } from '../messages.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'

/**
 * Returns `additionalModelResponseFields`: the values of JSON Pointers (RFC 6901) in the model's native answer, each at its
 * own path. Undefined when nothing is found; ValidationException for an invalid pointer.
 */
export function pickPointers(answer: JsonObject, pointers: readonly string[]): JsonObject | undefined {
  const found = pointers.map(splitPointer).flatMap((path) => {
    const value = path.reduce<JsonValue | undefined>(descend, answer)
    return value === undefined ? [] : [{ path, value }]
  })
  if (found.length === 0) return undefined
  return found.reduce<JsonObject>((fields, { path, value }) => place(fields, path, value), {})
}

/** Checks pointers before there is an answer. ValidationException as in pickPointers. */
export function checkPointers(pointers: readonly string[]): void {
  for (const pointer of pointers) splitPointer(pointer)
}

function splitPointer(pointer: string): string[] {
  if (!/^\/([^~]|~[01])*$/.test(pointer)) throw validationError(parameterMessages.pointer(pointer))
  const labels = pointer.slice(1).split('/')
  return labels.map((label) => label.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function descend(value: JsonValue | undefined, label: string): JsonValue | undefined {
  if (isJsonObject(value)) return Object.hasOwn(value, label) ? value[label] : undefined
  return Array.isArray(value) && /^\d{1,6}$/.test(label) ? value[Number(label)] : undefined
}

function place(fields: JsonObject, [label = '', ...rest]: readonly string[], value: JsonValue): JsonObject {
  const inner = fields[label]
  return { ...fields, [label]: rest.length === 0 ? value : place(isJsonObject(inner) ? inner : {}, rest, value) }
}
