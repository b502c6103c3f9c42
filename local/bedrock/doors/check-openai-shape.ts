import type { BedrockError } from '@bedrock-functions/runtime/core'
import { checkShape, type Path, type Violation } from '../shapes/check-shape.ts'
import type { JsonObject } from '../shapes/json.ts'
import type { StructureShape } from '../shapes/shape.ts'
import { contractError } from './contract-error.ts'

/** Names of types in OpenAI's messages. */
const TYPES: Readonly<Record<string, string>> = {
  Boolean: 'a boolean',
  Integer: 'an integer',
  JSONArray: 'an array',
  JSONObject: 'an object',
  Null: 'null',
  Number: 'a decimal',
  String: 'a string',
}

/**
 * Checks the shape of a request, and that it has no unknown members. ValidationException that names the member as OpenAI
 * does. The messages are observed of OpenAI.
 */
export function checkOpenaiShape(body: JsonObject, shape: StructureShape): void {
  const violation = checkShape(body, shape)
  if (violation) throw toContractError(violation)
  const unknown = Object.keys(body).find((member) => !Object.hasOwn(shape.members, member))
  if (unknown !== undefined) throw unknownParameter(unknown)
}

function unknownParameter(name: string): BedrockError {
  const param = name.slice(0, 100)
  return contractError(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })
}

function toContractError(violation: Violation): BedrockError {
  const param = writePath(violation.path)
  switch (violation.kind) {
    case 'missing': {
      const missing = writePath([...violation.path, violation.member])
      const code = 'missing_required_parameter'
      return contractError(`Missing required parameter: '${missing}'.`, { param: missing, code })
    }
    case 'type': {
      const [expected, found] = [violation.expected, violation.found].map((type) => TYPES[type] ?? type)
      const message = `Invalid type for '${param}': expected ${expected}, but got ${found} instead.`
      return contractError(message, { param, code: 'invalid_type' })
    }
    case 'constraint': {
      const [, values] = /enum value set: \[(.*)\]$/s.exec(violation.constraint) ?? []
      return values === undefined
        ? contractError(`Invalid '${param}': ${violation.fact}.`, { param, code: 'invalid_value' })
        : contractError(
            `Invalid value: '${violation.value}'. Supported values are: ${quoteList(values.split(', '))}.`,
            { param, code: 'invalid_value' },
          )
    }
    case 'members':
    case 'refused':
      return contractError(`Invalid value for '${param}'.`, { param, code: 'invalid_value' })
  }
}

function quoteList(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  return quoted.length === 1 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`
}

/** Writes a path as OpenAI does: `messages[0].content`. */
function writePath(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}
