import { readConverseUsage } from '../../bedrock/read-usage.ts'
import type { PlainObject } from '../../json/json-document.ts'

/** Writes the usage of a Converse answer, or of the event `metadata`, as Anthropic's API has it. */
export function toUsage(answer: PlainObject): Record<string, unknown> {
  const usage = readConverseUsage(answer)
  return {
    input_tokens: usage.inputTokens ?? 0,
    output_tokens: usage.outputTokens ?? 0,
    cache_creation_input_tokens: usage.cacheWriteInputTokens ?? 0,
    cache_read_input_tokens: usage.cacheReadInputTokens ?? 0,
    ...(usage.cacheWriteInputTokens !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens ?? 0,
        ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens ?? 0,
      },
    }),
  }
}
