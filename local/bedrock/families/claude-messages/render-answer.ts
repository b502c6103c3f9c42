import type {
  AnswerBlock,
  CitableSource,
  Citation,
  ModelAnswer,
  ServerToolResult,
  StopReason,
  TokenUsage,
} from '../../conversation/types.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { nameModel, type RenderContext } from '../family.ts'

/** Stop reasons. A blocked answer has a normal one; only the guardrail's members show it. */
export const STOP_REASONS: Readonly<Record<StopReason, string>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  guardrail_intervened: 'end_turn',
}

/** Renders Anthropic's message object, members in Bedrock's order. */
export function renderClaudeAnswer(answer: ModelAnswer, { model, id }: RenderContext): JsonObject {
  const { usage } = answer
  return {
    model: nameModel(model),
    id: nameMessage(id),
    type: 'message',
    role: 'assistant',
    content: answer.blocks.map(renderBlock),
    stop_reason: STOP_REASONS[answer.stopReason],
    stop_sequence: answer.stopSequence ?? null,
    usage: renderClaudeUsage(usage),
  }
}

export function renderClaudeUsage({ cacheWritten, ...usage }: TokenUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    ...(cacheWritten && {
      cache_creation: {
        ephemeral_5m_input_tokens: cacheWritten['5m'],
        ephemeral_1h_input_tokens: cacheWritten['1h'],
      },
    }),
    output_tokens: usage.outputTokens,
  }
}

function renderBlock(block: AnswerBlock): JsonObject {
  switch (block.kind) {
    case 'text':
      return {
        type: 'text',
        text: block.text,
        ...(block.citations && { citations: block.citations.map(renderClaudeCitation) }),
      }
    case 'toolUse':
      return { type: 'tool_use', id: nameToolUse(block.id), name: block.name, input: block.input }
    case 'reasoning':
      return { type: 'thinking', thinking: block.text, signature: block.signature ?? '' }
    case 'redacted':
      return { type: 'redacted_thinking', data: block.data }
    case 'toolResult':
      return renderServerResult(block)
  }
}

export function renderServerResult({ type, id, json }: ServerToolResult): JsonObject {
  return { type, tool_use_id: nameToolUse(id), content: json }
}

/** Types of citations, and the names of their first and last places. */
const CITATION_TYPES: Readonly<Record<CitableSource['kind'], readonly [type: string, start: string, end: string]>> = {
  characters: ['char_location', 'start_char_index', 'end_char_index'],
  pages: ['page_location', 'start_page_number', 'end_page_number'],
  chunks: ['content_block_location', 'start_block_index', 'end_block_index'],
  searchResult: ['search_result_location', 'start_block_index', 'end_block_index'],
}

export function renderClaudeCitation({ source, text, start, end }: Citation): JsonObject {
  const [type, startName, endName] = CITATION_TYPES[source.kind]
  const title = source.title ?? null
  const cited =
    source.kind === 'searchResult'
      ? { source: source.source ?? '', title, search_result_index: source.index }
      : { document_index: source.index, document_title: title, file_id: null }
  return { type, cited_text: text, ...cited, [startName]: start, [endName]: end }
}

export function nameMessage(id: string): string {
  return `msg_bdrk_01${id}`
}

export function nameToolUse(id: string): string {
  return `toolu_bdrk_01${id}`
}
