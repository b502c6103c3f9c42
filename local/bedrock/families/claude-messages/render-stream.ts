import type { AnswerEvent, AnswerStart, StartedBlock } from '../../conversation/types.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { nameModel, type RenderContext, type StreamRenderer } from '../family.ts'
import {
  nameMessage,
  nameToolUse,
  renderClaudeCitation,
  renderClaudeUsage,
  renderServerResult,
  STOP_REASONS,
} from './render-answer.ts'

/** Renders Anthropic's message stream, from message_start to message_stop. */
export function renderClaudeStream(context: RenderContext): StreamRenderer {
  return (event) => renderEvents(event, context)
}

function renderEvents(event: AnswerEvent, context: RenderContext): readonly JsonObject[] {
  switch (event.kind) {
    case 'answer-start':
      return [{ type: 'message_start', message: renderMessage(event, context) }]
    case 'block-start':
      return [
        { type: 'content_block_start', index: event.block.index, content_block: renderBlock(event.block) },
        ...renderFirstDeltas(event.block),
      ]
    case 'block-delta':
      return [renderDelta(event.block, renderPiece(event.block, event.text))]
    case 'block-stop':
      return [
        ...(event.signature ?? []).map((signature) => renderDelta(event.block, { type: 'signature_delta', signature })),
        { type: 'content_block_stop', index: event.block.index },
      ]
    case 'answer-stop':
      return [
        {
          type: 'message_delta',
          delta: { stop_reason: STOP_REASONS[event.stopReason], stop_sequence: event.stopSequence ?? null },
          usage: { output_tokens: event.usage.outputTokens },
        },
        { type: 'message_stop' },
      ]
  }
}

function renderMessage({ inputTokens, cached }: AnswerStart, { model, id }: RenderContext): JsonObject {
  return {
    model: nameModel(model),
    id: nameMessage(id),
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: renderClaudeUsage({ cacheReadTokens: 0, cacheWriteTokens: 0, ...cached, inputTokens, outputTokens: 1 }),
  }
}

function renderBlock(block: StartedBlock): JsonObject {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '', ...(block.citations && { citations: [] }) }
    case 'toolUse':
      return { type: 'tool_use', id: nameToolUse(block.id), name: block.name, input: {} }
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'redacted':
      return { type: 'redacted_thinking', data: block.data }
    case 'toolResult':
      return renderServerResult(block)
  }
}

/** Renders what precedes the pieces of a block: the citations of a text, an empty piece of a tool's input. */
function renderFirstDeltas(block: StartedBlock): JsonObject[] {
  if (block.kind === 'toolUse') return [renderDelta(block, renderPiece(block, ''))]
  const citations = block.kind === 'text' ? (block.citations ?? []) : []
  return citations.map((citation) =>
    renderDelta(block, { type: 'citations_delta', citation: renderClaudeCitation(citation) }),
  )
}

function renderDelta({ index }: StartedBlock, delta: JsonObject): JsonObject {
  return { type: 'content_block_delta', index, delta }
}

function renderPiece({ kind }: StartedBlock, text: string): JsonObject {
  switch (kind) {
    case 'text':
      return { type: 'text_delta', text }
    case 'toolUse':
      return { type: 'input_json_delta', partial_json: text }
    case 'reasoning':
    case 'redacted':
    case 'toolResult':
      return { type: 'thinking_delta', thinking: text }
  }
}
