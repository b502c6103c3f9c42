import type { AnswerEvent, ConversationRequest, StartedBlock, TokenUsage } from '../conversation/types.ts'
import { eachFillerToken, FILLER_PERIOD } from './filler.ts'

/** How many of `tokens` show whether any stop sequence ends the filler: behind them it only repeats itself. */
export function countTellingTokens(tokens: number, { parameters }: ConversationRequest): number {
  const longest = Math.max(0, ...parameters.stopSequences.map(({ length }) => length))
  return Math.min(tokens, FILLER_PERIOD + longest)
}

/** An answer of `tokens` tokens (or `maxTokens`, if that is less) of which never more than one is in memory. */
export function* streamFiller(
  tokens: number,
  maxTokens: number | undefined,
  usage: TokenUsage,
): Generator<AnswerEvent> {
  const outputTokens = Math.min(tokens, maxTokens ?? tokens)
  const block: StartedBlock = { kind: 'text', index: 0 }
  yield { kind: 'answer-start', inputTokens: usage.inputTokens }
  yield { kind: 'block-start', block }
  for (const text of eachFillerToken(outputTokens)) yield { kind: 'block-delta', block, text }
  yield { kind: 'block-stop', block }
  yield {
    kind: 'answer-stop',
    stopReason: outputTokens < tokens ? 'max_tokens' : 'end_turn',
    usage: { ...usage, outputTokens },
  }
}
