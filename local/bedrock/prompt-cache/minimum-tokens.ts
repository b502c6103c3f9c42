/**
 * Minimum tokens of a cached prefix by model. Source: the prompt-caching page of the Bedrock user guide, September and
 * October 2026. Unlisted models of these two providers get the highest minimum. Others cache nothing.
 */
const MIN_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/^anthropic\.claude-(opus-5$|sonnet-5-5|fable-5$|fable-5-1$)/, 512],
  [/^anthropic\.claude-(opus-4-8|sonnet-5$|sonnet-4-[56]|3-7-sonnet)/, 1_024],
  [/^anthropic\.claude-(opus-4-[567]|haiku-4-5)/, 4_096],
  [/^amazon\.nova-pro/, 1_024],
  [/^amazon\.nova-(lite|micro)/, 1_536],
  [/^(anthropic\.claude|amazon\.nova)/, 4_096],
]

/** Returns the minimum of a model; Infinity for models without a cache. */
export function minimumCachedTokens(baseId: string | undefined): number {
  // An account's own resource may be any model and gets the most common minimum.
  if (baseId === undefined) return 1_024
  return MIN_TOKENS.find(([ids]) => ids.test(baseId))?.[1] ?? Number.POSITIVE_INFINITY
}
