import { readConverseUsage } from '../../bedrock/read-usage.ts'
import type { PlainObject } from '../../json/json-document.ts'

/** Usage of OpenAI's chat completions. Converse does not state the tokens of reasoning. */
export interface CompletionUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details?: { readonly cached_tokens: number; readonly cache_write_tokens: number }
}

/** Converts the usage of a Converse answer, or of the event `metadata`. In OpenAI's API the prompt includes cached tokens. */
export function toCompletionUsage(answer: PlainObject): CompletionUsage {
  const usage = readConverseUsage(answer)
  const { inputTokens = 0, outputTokens = 0, cacheReadInputTokens: read, cacheWriteInputTokens: written } = usage
  const prompt = inputTokens + (read ?? 0) + (written ?? 0)
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    ...((read !== undefined || written !== undefined) && {
      prompt_tokens_details: { cached_tokens: read ?? 0, cache_write_tokens: written ?? 0 },
    }),
  }
}
