import { BedrockError } from '@bedrock-functions/runtime/core'

/** Limit that is larger than any model's, and small enough that sums stay exact. */
const MAX_TOKENS = 1_000_000_000

/**
 * Reads a number of tokens.
 *
 * @throws BedrockError ValidationException for a value that is not a whole number from `min` to {@link MAX_TOKENS}
 */
export function readCount(name: string, value: unknown, min: 0 | 1): number {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= MAX_TOKENS) return Number(value)
  throw new BedrockError(
    'ValidationException',
    `${name} is ${JSON.stringify(value)}: it must be a whole number of tokens from ${min} to ${MAX_TOKENS}.`,
  )
}
