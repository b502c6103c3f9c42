import type { JsonObject } from '../shapes/json.ts'
import type { GuardrailPolicy } from './policy.ts'

/** Sources and query for contextual grounding. */
export interface GroundingContext {
  readonly sources: readonly string[]
  readonly queries: readonly string[]
}

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{N}]{1,64}/gu

/**
 * Applies the filters of contextual grounding when there are sources and a query. Scores are shares of words: GROUNDING is
 * the share of the answer's words in the sources, RELEVANCE the share of the query's words in the answer. They are simpler
 * than Bedrock's, but monotonic and deterministic.
 */
export function measureGrounding(
  policy: GuardrailPolicy,
  answers: readonly string[],
  { sources, queries }: GroundingContext,
  full: boolean,
): JsonObject[] {
  if (sources.length === 0 || queries.length === 0) return []
  const answer = wordsOf(answers)
  const scores = { GROUNDING: shareOf(answer, wordsOf(sources)), RELEVANCE: shareOf(wordsOf(queries), answer) }
  return policy.grounding
    .map(({ type, threshold, action }) => {
      const score = scores[type]
      const detected = score < threshold
      return { type, threshold, score, action: detected && action === 'BLOCK' ? 'BLOCKED' : 'NONE', detected }
    })
    .filter(({ detected }) => detected || full)
}

function wordsOf(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.join('\n').toLowerCase().match(WORD) ?? [])
}

/** Returns the share of `words` among `others`, to two decimals; 1 for no words. */
function shareOf(words: ReadonlySet<string>, others: ReadonlySet<string>): number {
  if (words.size === 0) return 1
  const shared = [...words].filter((word) => others.has(word)).length
  return Math.round((shared / words.size) * 100) / 100
}
