import type { JsonKind, JsonValue } from '../../json/json-document.ts'
import { invalidRequest } from './errors.ts'

/** Type of a value in a contract. */
export type ValueType = 'string' | 'number' | 'boolean' | 'array' | 'object'

/** Types by the kind of a JSON value. null is the same as absent. */
const TYPES: Readonly<Record<JsonKind, ValueType | undefined>> = {
  string: 'string',
  number: 'number',
  true: 'boolean',
  false: 'boolean',
  array: 'array',
  object: 'object',
  null: undefined,
}

/**
 * What becomes of a member of a request:
 * - `mapped`: it becomes a member of Bedrock's, or decides on the form of the answer.
 * - `ignored`: it changes nothing of the answer. `because` says why.
 * - `dropped`: it is left out, and the header {@link DROPPED_HEADER} of the answer names it.
 * - `refused`: an error names it.
 *
 * Values in `unless`, as JSON text, ask for nothing and are accepted. `types` are those that the contract has, for a member whose
 * value is not checked where it is mapped.
 */
export type MemberTreatment =
  | { readonly kind: 'mapped'; readonly to: string; readonly types?: readonly ValueType[] }
  | { readonly kind: 'ignored'; readonly because: string }
  | { readonly kind: 'dropped' | 'refused'; readonly because: string; readonly unless?: readonly string[] }

export type MemberTable = Readonly<Record<string, MemberTreatment>>

export const mapped = (to: string, ...types: readonly ValueType[]): MemberTreatment => ({
  kind: 'mapped',
  to,
  ...(types.length > 0 && { types }),
})
export const ignored = (because: string): MemberTreatment => ({ kind: 'ignored', because })
export const dropped = (because: string, unless?: readonly string[]): MemberTreatment => ({
  kind: 'dropped',
  because,
  ...(unless && { unless }),
})
export const refused = (because: string, unless?: readonly string[]): MemberTreatment => ({
  kind: 'refused',
  because,
  ...(unless && { unless }),
})

/** Header of the answer with the paths of members that were left out. */
export const DROPPED_HEADER = 'x-bedrock-functions-dropped'

/** Returns the types that a member may have, if its value has none of them. */
export function findWrongType(treatment: MemberTreatment, { kind }: JsonValue): readonly ValueType[] | undefined {
  const { types } = treatment.kind === 'mapped' ? treatment : {}
  const type = TYPES[kind]
  return type === undefined || types?.includes(type) !== false ? undefined : types
}

/** Returns the name of a member that an object has twice. One of both would be lost. */
export function findRepeated(object: JsonValue): string | undefined {
  const names = object.members.map(({ name }) => name)
  return new Set(names).size === names.length ? undefined : names.find((name, index) => names.indexOf(name) < index)
}

/**
 * Checks the members of an object of a request against the table of its contract. null is the same as absent.
 *
 * @param path path of the object, for errors; empty for the request itself
 * @param left gets the paths of dropped members
 * @throws BedrockError ValidationException that names a refused or an unknown member
 */
export function checkMembers(object: JsonValue, table: MemberTable, path: string, left: Set<string>): void {
  const repeated = findRepeated(object)
  if (repeated !== undefined) {
    const param = path === '' ? repeated : `${path}.${repeated}`
    throw invalidRequest(param, `Invalid parameter: '${param}' is given more than once.`, 'invalid_value')
  }
  for (const { name, value } of object.members) {
    if (value.kind === 'null') continue
    const param = path === '' ? name : `${path}.${name}`
    const treatment = Object.hasOwn(table, name) ? table[name] : undefined
    if (!treatment) {
      throw invalidRequest(
        param,
        `Unknown parameter: '${param}'. Members for the model itself belong into additional_model_request_fields.`,
        'unknown_parameter',
      )
    }
    const types = findWrongType(treatment, value)
    if (types) {
      const message = `Invalid type for '${param}': expected ${types.join(' or ')}, but got ${TYPES[value.kind]}.`
      throw invalidRequest(param, message, 'invalid_type')
    }
    if (treatment.kind === 'mapped' || treatment.kind === 'ignored') continue
    if (treatment.unless?.includes(writeCompact(value))) continue
    if (treatment.kind === 'dropped') {
      left.add(param)
      continue
    }
    throw invalidRequest(param, `Unsupported parameter: '${param}'. ${treatment.because}`, 'unsupported_parameter')
  }
}

/** Writes a small value without white space, to compare it. */
function writeCompact(value: JsonValue): string {
  return value.bytes.length > MAX_COMPARED_BYTES ? '' : JSON.stringify(value.parse())
}

const MAX_COMPARED_BYTES = 64
