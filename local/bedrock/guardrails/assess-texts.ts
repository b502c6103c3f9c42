import type { JsonObject } from '../shapes/json.ts'
import { BLOCKED_MESSAGE, DENIED_TOPICS, DENIED_WORDS, PERSONAL_DATA, PROMPT_ATTACKS } from './policy.ts'

export type GuardrailSource = 'INPUT' | 'OUTPUT'

export interface Verdict {
  readonly outcome: 'passed' | 'masked' | 'blocked'
  /** The texts with personal data masked; of a blocked verdict, the message alone. */
  readonly texts: readonly string[]
  /** A GuardrailAssessment without metrics: only policies that found something, all of them when `full`. */
  readonly assessment: JsonObject
}

/** Holds texts against the emulator's policy. */
export function assessTexts(texts: readonly string[], source: GuardrailSource, full = false): Verdict {
  const topics = findTopics(texts, full)
  const filters = findAttacks(texts, source, full)
  const words = find(DENIED_WORDS, texts).map((match) => ({ match, action: 'BLOCKED', detected: true }))
  const entities = findPersonalData(texts)
  const isBlocked = [...topics, ...filters, ...words].some(({ action }) => action === 'BLOCKED')
  const masked = texts.map(maskPersonalData)
  return {
    outcome: isBlocked ? 'blocked' : entities.length > 0 ? 'masked' : 'passed',
    texts: isBlocked ? [BLOCKED_MESSAGE] : masked,
    assessment: {
      ...(topics.length > 0 && { topicPolicy: { topics } }),
      ...(filters.length > 0 && { contentPolicy: { filters } }),
      ...(words.length > 0 && { wordPolicy: { customWords: words, managedWordLists: [] } }),
      ...(entities.length > 0 && { sensitiveInformationPolicy: { piiEntities: entities, regexes: [] } }),
    },
  }
}

function findTopics(texts: readonly string[], full: boolean): { action: string; [key: string]: string | boolean }[] {
  return DENIED_TOPICS.map(({ name, phrases }) => {
    const detected = find(phrases, texts).length > 0
    return { name, type: 'DENY', action: detected ? 'BLOCKED' : 'NONE', detected }
  }).filter(({ detected }) => detected || full)
}

function findAttacks(
  texts: readonly string[],
  source: GuardrailSource,
  full: boolean,
): { action: string; [key: string]: string | boolean }[] {
  if (source === 'OUTPUT') return []
  const detected = find(PROMPT_ATTACKS, texts).length > 0
  if (!detected && !full) return []
  const confidence = detected ? 'HIGH' : 'NONE'
  return [
    { type: 'PROMPT_ATTACK', confidence, filterStrength: 'HIGH', action: detected ? 'BLOCKED' : 'NONE', detected },
  ]
}

function findPersonalData(texts: readonly string[]): JsonObject[] {
  return PERSONAL_DATA.flatMap(({ type, pattern }) =>
    texts.flatMap((text) =>
      [...text.matchAll(pattern)].map(([match]) => ({ match, type, action: 'ANONYMIZED', detected: true })),
    ),
  )
}

function maskPersonalData(text: string): string {
  return PERSONAL_DATA.reduce((masked, { type, pattern }) => masked.replaceAll(pattern, `{${type}}`), text)
}

/** The phrases that any of the texts contains. */
function find(phrases: readonly string[], texts: readonly string[]): string[] {
  const lower = texts.map((text) => text.toLowerCase())
  return phrases.filter((phrase) => lower.some((text) => text.includes(phrase.toLowerCase())))
}
