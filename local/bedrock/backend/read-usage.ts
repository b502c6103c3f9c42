import type { StopReason, TokenUsage } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readNumber, readObject } from '../shapes/read-json.ts'

const STOP_REASONS: ReadonlyMap<string, StopReason> = new Map([
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
])

export function readStopReason(finishReason: string | undefined): StopReason {
  return STOP_REASONS.get(finishReason ?? '') ?? 'end_turn'
}

/** Reads OpenAI's `usage`, with `counted` for missing values. */
export function readUsage(
  usage: JsonObject | undefined,
  counted: Pick<TokenUsage, 'inputTokens' | 'outputTokens'>,
): TokenUsage {
  const cacheReadTokens = readNumber(readObject(usage?.prompt_tokens_details)?.cached_tokens) ?? 0
  return {
    inputTokens: (readNumber(usage?.prompt_tokens) ?? counted.inputTokens) - cacheReadTokens,
    outputTokens: readNumber(usage?.completion_tokens) ?? counted.outputTokens,
    cacheReadTokens,
    cacheWriteTokens: 0,
  }
}
