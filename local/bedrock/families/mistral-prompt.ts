import { readText } from '../conversation/read-text.ts'
import type { StopReason } from '../conversation/types.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

/** Mistral's text completions, the form of its first models. */
export const mistralPrompt = definePromptFamily({
  shape: structure(
    {
      prompt: { type: 'string', minimum: 1 },
      max_tokens: integer(1),
      temperature: number(0, 1),
      top_p: number(0, 1),
      top_k: integer(0),
      stop: list(text),
    },
    ['prompt'],
  ),
  promptKey: 'prompt',
  template: {
    marker: /\[(?<role>\/?INST)\]/g,
    roles: { INST: 'user', '/INST': 'assistant' },
    special: /<\/?s>/g,
  },
  parameters: (body) => body,
  keys: { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', topK: 'top_k', stopSequences: 'stop' },
  renderAnswer: ({ blocks, stopReason }) => ({
    outputs: [{ text: readText(blocks), stop_reason: renderStop(stopReason) }],
  }),
  renderChunk: ({ text: piece, stop }) => ({
    outputs: [{ text: piece, stop_reason: stop ? renderStop(stop.stopReason) : null }],
  }),
})

function renderStop(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'length' : 'stop'
}
