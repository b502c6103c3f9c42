import { BedrockError } from '../../core/errors.ts'

/** Beyond any model's, and small enough for every sum. */
const MOST_TOKENS = 1_000_000_000

/** @throws BedrockError ValidationException for what is no whole number of tokens, at least `least` */
export function readCount(name: string, value: unknown, least: 0 | 1): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= MOST_TOKENS) return Number(value)
  throw new BedrockError(
    'ValidationException',
    `${name} is ${JSON.stringify(value)}: it must be a whole number of tokens from ${least} to ${MOST_TOKENS}.`,
  )
}
