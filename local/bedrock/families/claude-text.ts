import { readText } from '../conversation/read-text.ts'
import type { ModelAnswer, StopReason } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

const STOP_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'stop_sequence',
  tool_use: 'stop_sequence',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  guardrail_intervened: 'stop_sequence',
}

/** Claude's Text Completions, older than Messages. The emulator accepts them for every Claude. */
export const claudeText = definePromptFamily({
  shape: {
    ...structure(
      {
        prompt: { type: 'string', minimum: 1 },
        max_tokens_to_sample: integer(0),
        temperature: number(0, 1),
        top_p: number(0, 1),
        top_k: integer(0),
        stop_sequences: list(text),
        anthropic_version: text,
      },
      ['prompt', 'max_tokens_to_sample'],
    ),
    refused: ['model', 'stream'],
  },
  promptKey: 'prompt',
  template: {
    marker: /(?:^|\n\n)(?<role>Human|Assistant):/g,
    roles: { Human: 'user', Assistant: 'assistant' },
    special: /(?!)/g,
  },
  parameters: (body) => body,
  keys: {
    maxTokens: 'max_tokens_to_sample',
    temperature: 'temperature',
    topP: 'top_p',
    topK: 'top_k',
    stopSequences: 'stop_sequences',
  },
  renderAnswer: (answer) => ({
    type: 'completion',
    completion: readText(answer.blocks),
    ...renderStop(answer),
  }),
  renderChunk: ({ text: completion, stop }) => ({
    type: 'completion',
    completion,
    ...(stop ? renderStop(stop) : { stop_reason: null, stop: null }),
  }),
})

/** Renders the stop. An answer that ends by itself stops at the start of the next human turn. */
function renderStop({ stopReason, stopSequence }: Pick<ModelAnswer, 'stopReason' | 'stopSequence'>): JsonObject {
  return {
    stop_reason: STOP_REASONS[stopReason],
    stop: stopReason === 'max_tokens' ? null : (stopSequence ?? '\n\nHuman:'),
  }
}
