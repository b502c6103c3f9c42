import type { JsonObject } from '../shapes/json.ts'
import { PERSONAL_DATA } from './personal-data.ts'
import type { Action, GuardrailPolicy, GuardrailSource } from './policy.ts'

/** A finding in a text, with its start and end. */
interface Finding {
  readonly start: number
  readonly end: number
  readonly match: string
  /** Replacement: the type, or the name of a pattern. */
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
  /** True when findings can be masked, because the text has not been sent yet. */
  readonly masks: boolean
  /** Reports types without findings too. */
  readonly full: boolean
}

/** Finds a policy's sensitive information in the texts, by type. */
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
    const found = findMatches(texts, pattern)
    if (found.length === 0) return full ? [{ match: '', type, action: 'NONE', detected: false }] : []
    return found.map((match) => ({ match, type, action: outcomeOf(action), detected: true }))
  })
  const regexes = policy.regexes.flatMap(({ name, pattern, actions }): JsonObject[] => {
    const action = actions[source]
    if (action === 'OFF') return []
    const regex = pattern.source
    return findMatches(texts, pattern).map((match) => ({
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

/** Masks a text by the policy, with replacements such as `{EMAIL}`. */
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
  // The longer of two with one start first; findings that overlap a masked one are skipped.
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

/** Returns all matches except empty ones. */
function findMatches(texts: readonly string[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([match]) => match)).filter((match) => match !== '')
}
