import { readText } from '../../conversation/read-text.ts'
import type { ModelAnswer, StopReason, TokenUsage } from '../../conversation/types.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { nameModel, type RenderContext } from '../family.ts'

export const FINISH_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  stop_sequence: 'stop',
  guardrail_intervened: 'content_filter',
}

/** Models with reasoning inside the text (gpt-oss); others have it in a member. */
export const REASONS_IN_TEXT = /^openai\.gpt-oss/

/** 2026-01-01T00:00:00Z in seconds. Fixed, so that the same request gives the same answer. */
export const CREATED = 1_767_225_600

/** Renders OpenAI's `chat.completion` object. */
export function renderOpenaiAnswer(answer: ModelAnswer, { model, id }: RenderContext): JsonObject {
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: CREATED,
    model: model.baseId ?? nameModel(model),
    choices: [
      { index: 0, message: renderMessage(answer, model.baseId ?? ''), finish_reason: renderFinishReason(answer) },
    ],
    usage: renderUsage(answer.usage),
  }
}

export function renderUsage({ inputTokens, outputTokens }: TokenUsage): JsonObject {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

/** Renders the answer of Mistral's older chat models: only choices, with `stop_reason` in each. */
export function renderMistralAnswer(answer: ModelAnswer, { model }: RenderContext): JsonObject {
  return {
    choices: [
      { index: 0, message: renderMessage(answer, model.baseId ?? ''), stop_reason: renderFinishReason(answer) },
    ],
  }
}

function renderFinishReason({ stopReason }: ModelAnswer): string {
  return FINISH_REASONS[stopReason]
}

function renderMessage({ blocks }: ModelAnswer, baseId: string): JsonObject {
  const text = readText(blocks)
  const reasoning = blocks.flatMap((block) => (block.kind === 'reasoning' ? [block.text] : [])).join('\n')
  const inText = REASONS_IN_TEXT.test(baseId) && reasoning !== ''
  const calls = blocks.flatMap((block) =>
    block.kind === 'toolUse'
      ? [
          {
            id: `call_${block.id}`,
            type: 'function',
            function: { name: block.name, arguments: JSON.stringify(block.input) },
          },
        ]
      : [],
  )
  return {
    role: 'assistant',
    content: inText ? `<reasoning>${reasoning}</reasoning>${text}` : text,
    ...(reasoning !== '' && !inText && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}
