import { BedrockError } from '@bedrock-functions/runtime/core'

/** Larger than any model's limit, and small enough for every sum. */
const MAX_TOKENS = 1_000_000_000

/** @throws BedrockError ValidationException for a value that is no whole number of tokens, or less than `least` */
export function readCount(name: string, value: unknown, least: 0 | 1): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= MAX_TOKENS) return Number(value)
  throw new BedrockError(
    'ValidationException',
    `${name} is ${JSON.stringify(value)}: it must be a whole number of tokens from ${least} to ${MAX_TOKENS}.`,
  )
}
