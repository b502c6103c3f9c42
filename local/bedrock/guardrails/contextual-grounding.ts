import type { JsonObject } from '../shapes/json.ts'
import type { GuardrailPolicy } from './policy.ts'

/** What an answer is measured by. */
export interface GroundingContext {
  readonly sources: readonly string[]
  readonly queries: readonly string[]
}

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{N}]{1,64}/gu

/**
 * The filters of contextual grounding, where there is a source and a query to measure by. The scores are shares of words:
 * GROUNDING is how many of the answer's words the sources have, RELEVANCE how many of the query's the answer has. Crude
 * beside Bedrock's, but monotonous and the same every time.
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

/** How much of `words` is among `others`, to two decimals; nothing at all is wholly among them. */
function shareOf(words: ReadonlySet<string>, others: ReadonlySet<string>): number {
  if (words.size === 0) return 1
  const shared = [...words].filter((word) => others.has(word)).length
  return Math.round((shared / words.size) * 100) / 100
}
