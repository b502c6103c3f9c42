import { findPhrases } from './find-phrases.ts'
import type { Confidence, FilterPolicy, FilterType, Strength } from './policy.ts'

const CONFIDENCES = ['HIGH', 'MEDIUM', 'LOW'] as const

/** What each filter finds beside the phrases of a policy, which Bedrock has no such place for. */
const ATTACKS = ['ignore all previous instructions', 'ignore your instructions']

/** Which confidences a strength breaches at. Source: Bedrock user guide, content filters. */
const BREACHES: Readonly<Record<Strength, readonly Confidence[]>> = {
  NONE: [],
  LOW: ['HIGH'],
  MEDIUM: ['HIGH', 'MEDIUM'],
  HIGH: CONFIDENCES,
}

/** The highest confidence with which texts hold what the filter is against; `NONE` for nothing. */
export function measureConfidence(
  { type, phrases }: Pick<FilterPolicy, 'type' | 'phrases'>,
  texts: readonly string[],
): Strength {
  const isFound = (confidence: Confidence): boolean =>
    findPhrases([...markersOf(type, confidence), ...(phrases[confidence] ?? [])], texts).length > 0
  return CONFIDENCES.find(isFound) ?? 'NONE'
}

export function breaches(strength: Strength, confidence: Strength): boolean {
  return confidence !== 'NONE' && BREACHES[strength].includes(confidence)
}

/** `[hate]` for a high confidence, `[hate:medium]`, `[hate:low]`; `[prompt attack]` likewise. */
function markersOf(type: FilterType, confidence: Confidence): readonly string[] {
  const name = type.toLowerCase().replace('_', ' ')
  if (confidence !== 'HIGH') return [`[${name}:${confidence.toLowerCase()}]`]
  return [`[${name}]`, ...(type === 'PROMPT_ATTACK' ? ATTACKS : [])]
}
