import { readText } from '../conversation/read-text.ts'
import type { StopReason } from '../conversation/types.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

/** DeepSeek R1, which reads a prompt; later DeepSeek models use OpenAI's format. */
export const deepseekPrompt = definePromptFamily({
  shape: structure(
    {
      prompt: { type: 'string', minimum: 1 },
      max_tokens: integer(1, 32_768),
      temperature: number(0, 1),
      top_p: number(0, 1),
      stop: list(text, 0, 10),
    },
    ['prompt'],
  ),
  promptKey: 'prompt',
  template: {
    marker: /<｜(?<role>User|Assistant)｜>/g,
    roles: { User: 'user', Assistant: 'assistant' },
    special: /<｜[^｜<>]{1,40}｜>|<\/?think>/g,
  },
  parameters: (body) => body,
  keys: { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', stopSequences: 'stop' },
  renderAnswer: ({ blocks, stopReason }) => ({
    choices: [{ text: readText(blocks), stop_reason: renderStop(stopReason) }],
  }),
  renderChunk: ({ text: piece, stop }) => ({
    choices: [{ text: piece, stop_reason: stop ? renderStop(stop.stopReason) : null }],
  }),
})

function renderStop(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'length' : 'stop'
}
