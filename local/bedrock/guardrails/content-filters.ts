import { findPhrases } from './find-phrases.ts'
import type { Confidence, FilterPolicy, FilterType, Strength } from './policy.ts'

const CONFIDENCES = ['HIGH', 'MEDIUM', 'LOW'] as const

/** Phrases that the prompt-attack filter finds. A policy can add phrases for each filter, unlike in Bedrock. */
const ATTACKS = ['ignore all previous instructions', 'ignore your instructions']

/** Confidences that breach each strength. Source: Bedrock user guide, content filters. */
const BREACHES: Readonly<Record<Strength, readonly Confidence[]>> = {
  NONE: [],
  LOW: ['HIGH'],
  MEDIUM: ['HIGH', 'MEDIUM'],
  HIGH: CONFIDENCES,
}

/** Returns the highest confidence of the filter's content in the texts; `NONE` for none. */
export function measureConfidence(
  { type, phrases }: Pick<FilterPolicy, 'type' | 'phrases'>,
  texts: readonly string[],
): Strength {
  const isFound = (confidence: Confidence): boolean =>
    findPhrases([...listMarkers(type, confidence), ...(phrases[confidence] ?? [])], texts).length > 0
  return CONFIDENCES.find(isFound) ?? 'NONE'
}

export function breaches(strength: Strength, confidence: Strength): boolean {
  return confidence !== 'NONE' && BREACHES[strength].includes(confidence)
}

/** Returns the markers of a confidence: `[hate]` for high, `[hate:medium]`, `[hate:low]`; `[prompt attack]` likewise. */
function listMarkers(type: FilterType, confidence: Confidence): readonly string[] {
  const name = type.toLowerCase().replace('_', ' ')
  if (confidence !== 'HIGH') return [`[${name}:${confidence.toLowerCase()}]`]
  return [`[${name}]`, ...(type === 'PROMPT_ATTACK' ? ATTACKS : [])]
}
