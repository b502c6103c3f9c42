import { readText } from '../conversation/read-text.ts'
import type { StopReason } from '../conversation/types.ts'
import { readObject } from '../shapes/read-json.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

const COMPLETION_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'FINISH',
  tool_use: 'FINISH',
  max_tokens: 'LENGTH',
  stop_sequence: 'STOP_CRITERIA_MET',
  guardrail_intervened: 'CONTENT_FILTERED',
}

/** Amazon Titan Text (retired). */
export const titanText = definePromptFamily({
  shape: structure(
    {
      inputText: { type: 'string', minimum: 1 },
      textGenerationConfig: structure({
        maxTokenCount: integer(0, 8_192),
        temperature: number(0, 1),
        topP: number(0, 1),
        stopSequences: list(text),
      }),
    },
    ['inputText'],
  ),
  promptKey: 'inputText',
  template: {
    marker: /(?:^|\n)(?<role>User|Bot):/g,
    roles: { User: 'user', Bot: 'assistant' },
    special: /(?!)/g,
  },
  parameters: (body) => readObject(body.textGenerationConfig) ?? {},
  keys: { maxTokens: 'maxTokenCount', temperature: 'temperature', topP: 'topP', stopSequences: 'stopSequences' },
  renderAnswer: ({ blocks, stopReason, usage }) => ({
    inputTextTokenCount: usage.inputTokens,
    results: [
      {
        tokenCount: usage.outputTokens,
        outputText: readText(blocks),
        completionReason: COMPLETION_REASONS[stopReason],
      },
    ],
  }),
  renderChunk: ({ text: outputText, inputTokens, stop }) => ({
    outputText,
    index: 0,
    totalOutputTextTokenCount: stop?.usage.outputTokens ?? null,
    completionReason: stop ? COMPLETION_REASONS[stop.stopReason] : null,
    inputTextTokenCount: inputTokens,
  }),
})
