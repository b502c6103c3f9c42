import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { readString } from '../shapes/read-json.ts'

/** Bounds of numbers, which Claude's structured output does not support. */
const NUMBER_BOUNDS = ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'] as const

/** Members whose values are schemas, lists of schemas, or schemas by name. */
const INNER = ['items', 'anyOf', 'allOf', 'oneOf', 'properties', '$defs', 'definitions'] as const

/** Finds the first part of a schema that Claude's structured output does not support. */
export function findSchemaFault(schema: JsonObject): string | undefined {
  const inner = INNER.flatMap((name) => listSchemas(name, schema[name]))
  return [describeFault(schema), ...inner.map(findSchemaFault)].find((fault) => fault !== undefined)
}

function listSchemas(name: (typeof INNER)[number], value: JsonValue | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.filter(isJsonObject)
  if (!isJsonObject(value)) return []
  return name === 'items' ? [value] : Object.values(value).filter(isJsonObject)
}

function describeFault(schema: JsonObject): string | undefined {
  const type = readString(schema.type)
  if (type === 'object' && schema.additionalProperties !== false) {
    return "For 'object' type, 'additionalProperties' must be explicitly set to false"
  }
  if (type === 'number' || type === 'integer') {
    const bounds = NUMBER_BOUNDS.filter((name) => schema[name] !== undefined)
    return bounds.length === 0 ? undefined : `For '${type}' type, properties ${bounds.join(', ')} are not supported`
  }
  if (type === 'array' && typeof schema.minItems === 'number' && schema.minItems > 1) {
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
  }
  return type === 'array' && schema.maxItems !== undefined
    ? "For 'array' type, property 'maxItems' is not supported"
    : undefined
}
