import { isObject } from '../../template/json.ts'
import { isExactNumber } from '../expressions/exact-numbers.ts'

/** Changes Step Functions' spelling of members into the SDK's at every level: `GuardrailIdentifier` to `guardrailIdentifier`. */
export function toSdkSpelling(value: unknown): unknown {
  return respell(value, (name) => name.charAt(0).toLowerCase() + name.slice(1))
}

export function toStatesSpelling(value: unknown): unknown {
  return respell(value, (name) => name.charAt(0).toUpperCase() + name.slice(1))
}

function respell(value: unknown, spell: (name: string) => string): unknown {
  // The SDK has JavaScript's numbers only.
  if (isExactNumber(value)) return Number(value.rawJSON)
  if (Array.isArray(value)) return value.map((item) => respell(item, spell))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[spell(name), respell(member, spell)]],
    ),
  )
}
