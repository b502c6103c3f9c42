import type { AnswerEvent, ConversationRequest, StartedBlock, TokenUsage } from '../conversation/types.ts'
import { FILLER_PERIOD, generateFillerTokens } from './filler.ts'

/** Returns how many of `tokens` must be checked for stop sequences, before the filler repeats. */
export function countDistinctTokens(tokens: number, { parameters }: ConversationRequest): number {
  const longest = Math.max(0, ...parameters.stopSequences.map(({ length }) => length))
  return Math.min(tokens, FILLER_PERIOD + longest)
}

/** Streams `tokens` tokens (or `maxTokens`, if less), one in memory at a time. */
export function* streamFiller(
  tokens: number,
  maxTokens: number | undefined,
  usage: TokenUsage,
): Generator<AnswerEvent> {
  const outputTokens = Math.min(tokens, maxTokens ?? tokens)
  const block: StartedBlock = { kind: 'text', index: 0 }
  yield { kind: 'answer-start', inputTokens: usage.inputTokens }
  yield { kind: 'block-start', block }
  for (const text of generateFillerTokens(outputTokens)) yield { kind: 'block-delta', block, text }
  yield { kind: 'block-stop', block }
  yield {
    kind: 'answer-stop',
    stopReason: outputTokens < tokens ? 'max_tokens' : 'end_turn',
    usage: { ...usage, outputTokens },
  }
}
