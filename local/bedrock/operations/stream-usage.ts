import type { AnswerEvent } from '../conversation/types.ts'
import type { Usage } from './operation.ts'

export interface UsageCounter {
  count(event: AnswerEvent): void
  usage(): Usage
}

/** Counts a stream's tokens, also without an end: one per piece until the model reports its usage. */
export function createUsageCounter(): UsageCounter {
  let inputTokens = 0
  let outputTokens = 0
  return {
    count(event) {
      if (event.kind === 'answer-start') inputTokens = event.inputTokens
      if (event.kind === 'block-delta') outputTokens += 1
      if (event.kind === 'answer-stop') ({ inputTokens, outputTokens } = event.usage)
    },
    usage: () => ({ inputTokens, outputTokens }),
  }
}
