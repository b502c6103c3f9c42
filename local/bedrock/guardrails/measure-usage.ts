import type { JsonObject } from '../shapes/json.ts'

/** Bedrock bills text units of up to 1,000 characters, for each text by itself. */
const CHARACTERS_PER_UNIT = 1_000

/** All counters of GuardrailUsage that the service model requires, and the images'. */
export function measureUsage(texts: readonly string[], images = 0): JsonObject {
  const units = texts.reduce((total, text) => total + Math.ceil(text.length / CHARACTERS_PER_UNIT), 0)
  return {
    topicPolicyUnits: units,
    contentPolicyUnits: units,
    wordPolicyUnits: units,
    sensitiveInformationPolicyUnits: units,
    // For patterns of one's own, of which the emulator's policy has none.
    sensitiveInformationPolicyFreeUnits: 0,
    contextualGroundingPolicyUnits: 0,
    contentPolicyImageUnits: images,
  }
}

/** What part of the content was looked at: all of it but the `unguarded` characters. */
export function measureCoverage(texts: readonly string[], images = 0, unguarded = 0): JsonObject {
  const guarded = texts.reduce((total, { length }) => total + length, 0)
  return {
    textCharacters: { guarded, total: guarded + unguarded },
    ...(images > 0 && { images: { guarded: images, total: images } }),
  }
}
