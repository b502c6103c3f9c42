import { readText } from '../conversation/read-text.ts'
import type { StopReason } from '../conversation/types.ts'
import { integer, list, number, structure, text } from '../shapes/shape.ts'
import { definePromptFamily } from './prompt-family.ts'

/** Cohere Command and Command Light, from before Command R (retired). */
export const coherePrompt = definePromptFamily({
  shape: structure(
    {
      prompt: { type: 'string', minimum: 1 },
      max_tokens: integer(1),
      temperature: number(0, 5),
      p: number(0, 1),
      k: number(0, 500),
      stop_sequences: list(text),
    },
    ['prompt'],
  ),
  promptKey: 'prompt',
  template: { marker: /(?!)/g, roles: {}, special: /(?!)/g },
  parameters: (body) => body,
  keys: { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'p', topK: 'k', stopSequences: 'stop_sequences' },
  renderAnswer: ({ blocks, stopReason }, { id, request }) => ({
    id,
    prompt: request.turns.map((turn) => readText(turn.blocks)).join('\n'),
    generations: [{ id: `${id}-0`, text: readText(blocks), finish_reason: renderFinish(stopReason) }],
  }),
  renderChunk: ({ text: piece, stop }) =>
    stop
      ? { is_finished: true, finish_reason: renderFinish(stop.stopReason) }
      : { text: piece, index: 0, is_finished: false },
})

function renderFinish(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'MAX_TOKENS' : 'COMPLETE'
}
