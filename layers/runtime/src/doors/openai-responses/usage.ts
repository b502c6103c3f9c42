import type { PlainObject } from '../../json/json-document.ts'
import { toCompletionUsage } from '../openai-chat/usage.ts'

/** Usage of OpenAI's Responses API. */
export interface ResponseUsage {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number }
  readonly output_tokens: number
  /** Converse does not state the tokens of reasoning: they count as output. */
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

/** Converts the usage of the event `metadata`. */
export function toResponseUsage(metadata: PlainObject): ResponseUsage {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = toCompletionUsage(metadata)
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: prompt_tokens_details ?? { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
  }
}
