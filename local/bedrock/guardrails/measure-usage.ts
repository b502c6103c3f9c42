import type { JsonObject } from '../shapes/json.ts'
import type { GuardrailPolicy } from './policy.ts'

/** Characters in a text unit of Bedrock, counted for each text by itself. */
const CHARACTERS_PER_UNIT = 1_000

export interface MeasuredContent {
  /** Assessed texts. */
  readonly texts: readonly string[]
  readonly images?: number
  /** Sources and query of contextual grounding; empty without it. */
  readonly grounding?: readonly string[]
  /** Characters that were not assessed. */
  readonly unguarded?: number
}

/** Counts the text units of texts. */
export function countUnits(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + Math.ceil(text.length / CHARACTERS_PER_UNIT), 0)
}

/** Returns the required counters of GuardrailUsage and the images' counter; 0 for missing policies. */
export function measureUsage(
  policy: GuardrailPolicy,
  { texts, images = 0, grounding = [] }: MeasuredContent,
): JsonObject {
  const units = countUnits(texts)
  const unitsIf = (isThere: boolean): number => (isThere ? units : 0)
  const isGrounded = policy.grounding.length > 0 && grounding.length > 0
  return {
    topicPolicyUnits: unitsIf(policy.topics.length > 0),
    contentPolicyUnits: unitsIf(policy.filters.length > 0),
    wordPolicyUnits: unitsIf(policy.words.length > 0 || policy.profanity !== undefined),
    sensitiveInformationPolicyUnits: unitsIf(policy.entities.length > 0),
    sensitiveInformationPolicyFreeUnits: unitsIf(policy.regexes.length > 0),
    contextualGroundingPolicyUnits: isGrounded ? units + countUnits(grounding) : 0,
    contentPolicyImageUnits: policy.filters.length > 0 ? images : 0,
  }
}

/** Renders the assessed share of the content. */
export function measureCoverage({ texts, images = 0, unguarded = 0 }: MeasuredContent): JsonObject {
  const guarded = texts.reduce((total, { length }) => total + length, 0)
  return {
    textCharacters: { guarded, total: guarded + unguarded },
    ...(images > 0 && { images: { guarded: images, total: images } }),
  }
}
