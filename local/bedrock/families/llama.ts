import { readText } from '../conversation/read-text.ts'
import type { StopReason } from '../conversation/types.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

/** Meta Llama 2, 3 and 4, and imported models of their kind. */
export const llama = definePromptFamily({
  shape: structure(
    {
      prompt: { type: 'string', minimum: 1 },
      max_gen_len: integer(1, 8_192),
      temperature: number(0, 1),
      top_p: number(0, 1),
      images: list(text),
    },
    ['prompt'],
  ),
  promptKey: 'prompt',
  template: {
    marker:
      /(?:<\|(?:start_header_id|header_start)\|>|(?=\[\/?INST\])\[)(?<role>system|user|assistant|ipython|\/?INST)(?:<\|(?:end_header_id|header_end)\|>|\])/g,
    roles: {
      system: 'system',
      user: 'user',
      assistant: 'assistant',
      ipython: 'user',
      INST: 'user',
      '/INST': 'assistant',
    },
    special: /<\|[a-z_]{1,30}\|>|<\/?s>/g,
  },
  // Bedrock's default for Llama.
  defaultMaxTokens: 512,
  parameters: (body) => body,
  keys: { maxTokens: 'max_gen_len', temperature: 'temperature', topP: 'top_p' },
  renderAnswer: ({ blocks, stopReason, usage }) => ({
    generation: readText(blocks),
    prompt_token_count: usage.inputTokens,
    generation_token_count: usage.outputTokens,
    stop_reason: renderStop(stopReason),
  }),
  renderChunk: ({ text: generation, inputTokens, outputTokens, stop }) => ({
    generation,
    prompt_token_count: inputTokens,
    generation_token_count: outputTokens,
    stop_reason: stop ? renderStop(stop.stopReason) : null,
  }),
})

function renderStop(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'length' : 'stop'
}
