import type { JsonObject } from '../shapes/json.ts'
import { PERSONAL_DATA } from './personal-data.ts'
import type { Action, GuardrailPolicy, GuardrailSource } from './policy.ts'

/** Something that a text holds, between two of its positions. */
interface Finding {
  readonly start: number
  readonly end: number
  readonly match: string
  /** What stands in its place: the type, or the name of a pattern. */
  readonly label: string
  readonly action: Action
}

const OUTCOMES = { BLOCK: 'BLOCKED', ANONYMIZE: 'ANONYMIZED', NONE: 'NONE', OFF: 'NONE' } as const

export interface SensitiveInformation {
  readonly piiEntities: readonly JsonObject[]
  readonly regexes: readonly JsonObject[]
  readonly isBlocked: boolean
  readonly isMasked: boolean
}

export interface Search {
  readonly source: GuardrailSource
  /** Whether what is to be masked can be: not where it has been sent on already. */
  readonly masks: boolean
  /** Also reports the types that were not found. */
  readonly full: boolean
}

/** What of a policy's sensitive information is in the texts, type by type. */
export function findSensitiveInformation(
  policy: GuardrailPolicy,
  texts: readonly string[],
  { source, masks, full }: Search,
): SensitiveInformation {
  const outcomeOf = (action: Action) => (action === 'ANONYMIZE' && !masks ? 'NONE' : OUTCOMES[action])
  const piiEntities = policy.entities.flatMap(({ type, actions }): JsonObject[] => {
    const action = actions[source]
    const pattern = PERSONAL_DATA[type]
    if (action === 'OFF' || !pattern) return []
    const found = matchesIn(texts, pattern)
    if (found.length === 0) return full ? [{ match: '', type, action: 'NONE', detected: false }] : []
    return found.map((match) => ({ match, type, action: outcomeOf(action), detected: true }))
  })
  const regexes = policy.regexes.flatMap(({ name, pattern, actions }): JsonObject[] => {
    const action = actions[source]
    if (action === 'OFF') return []
    const regex = pattern.source
    return matchesIn(texts, pattern).map((match) => ({
      name,
      match,
      regex,
      action: outcomeOf(action),
      detected: true,
    }))
  })
  const has = (action: string) => [...piiEntities, ...regexes].some((finding) => finding.action === action)
  return { piiEntities, regexes, isBlocked: has('BLOCKED'), isMasked: has('ANONYMIZED') }
}

/** The text with `{EMAIL}` and the like in the place of what the policy masks. */
export function maskText(policy: GuardrailPolicy, text: string, source: GuardrailSource): string {
  const findings = [
    ...policy.entities.flatMap(({ type, actions }) => {
      const pattern = PERSONAL_DATA[type]
      return pattern ? locate(text, pattern, type, actions[source]) : []
    }),
    ...policy.regexes.flatMap(({ name, pattern, actions }) => locate(text, pattern, name, actions[source])),
  ].filter(({ action }) => action === 'ANONYMIZE')
  let masked = ''
  let position = 0
  // The longer one where two begin together; what overlaps with one that is masked already goes with it.
  for (const { start, end, label } of findings.toSorted(
    (one, other) => one.start - other.start || other.end - one.end,
  )) {
    if (start < position) continue
    masked += `${text.slice(position, start)}{${label}}`
    position = end
  }
  return masked + text.slice(position)
}

function locate(text: string, pattern: RegExp, label: string, action: Action): Finding[] {
  return [...text.matchAll(pattern)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    match: found[0],
    label,
    action,
  }))
}

/** A pattern may find nothing at a place, which is nothing found. */
function matchesIn(texts: readonly string[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([match]) => match)).filter((match) => match !== '')
}
