import type { JsonValue } from '../../json/json-document.ts'
import { invalidRequest } from './errors.ts'

/**
 * What becomes of a member of a request:
 * - `mapped`: it becomes a member of Bedrock's, or decides on the form of the answer.
 * - `ignored`: it changes nothing of the answer. `because` says why.
 * - `dropped`: it is left out, and the header {@link DROPPED_HEADER} of the answer names it.
 * - `refused`: an error names it.
 *
 * Values in `unless`, as JSON text, ask for nothing and are accepted.
 */
export type MemberTreatment =
  | { readonly kind: 'mapped'; readonly to: string }
  | { readonly kind: 'ignored'; readonly because: string }
  | { readonly kind: 'dropped' | 'refused'; readonly because: string; readonly unless?: readonly string[] }

export type MemberTable = Readonly<Record<string, MemberTreatment>>

export const mapped = (to: string): MemberTreatment => ({ kind: 'mapped', to })
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

/**
 * Checks the members of an object of a request against the table of its contract. null is the same as absent.
 *
 * @param path path of the object, for errors; empty for the request itself
 * @param left gets the paths of dropped members
 * @throws BedrockError ValidationException that names a refused or an unknown member
 */
export function checkMembers(object: JsonValue, table: MemberTable, path: string, left: Set<string>): void {
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
