import type { AnswerEvent, Citation, StartedBlock, StopReason } from '../conversation/types.ts'
import type { AnswerTraits } from '../models/answer-traits.ts'
import type { JsonObject } from '../shapes/json.ts'
import { renderCitation } from './render-citation.ts'
import { renderRedacted, renderToolResult, renderToolUse } from './render-converse-answer.ts'

/** One event of ConverseStream: its name, and its members without the padding. */
export interface ConverseEvent {
  readonly name: 'messageStart' | 'contentBlockStart' | 'contentBlockDelta' | 'contentBlockStop' | 'messageStop'
  readonly payload: JsonObject
}

/**
 * Renders the events of an answer's event, up to messageStop; the operation adds metadata. Each union has exactly one
 * member: botocore refuses two.
 */
export function renderConverseEvents(event: AnswerEvent, traits: AnswerTraits): readonly ConverseEvent[] {
  switch (event.kind) {
    case 'answer-start':
      return [{ name: 'messageStart', payload: { role: 'assistant' } }]
    case 'block-start':
      return renderBlockStart(event.block, traits)
    case 'block-delta':
      return [renderDelta(event.block, renderPiece(event.block, event.text))]
    case 'block-stop':
      return [
        ...(event.signature ?? []).map((signature) => renderDelta(event.block, { reasoningContent: { signature } })),
        { name: 'contentBlockStop', payload: { contentBlockIndex: event.block.index } },
      ]
    case 'answer-stop':
      return [renderMessageStop(event.stopReason)]
  }
}

export function renderMessageStop(stopReason: StopReason, fields?: JsonObject): ConverseEvent {
  return { name: 'messageStop', payload: { ...(fields && { additionalModelResponseFields: fields }), stopReason } }
}

/**
 * Renders the start of a block. Text and reasoning have none and begin with their first piece, a cited text with its
 * citations. The input of a tool begins with an empty piece for Claude only.
 */
function renderBlockStart(block: StartedBlock, traits: AnswerTraits): readonly ConverseEvent[] {
  if (block.kind === 'redacted') return [renderDelta(block, renderRedacted(block))]
  if (block.kind === 'text') return (block.citations ?? []).map((citation) => renderCitationDelta(block, citation))
  if (block.kind === 'toolResult') {
    const start = { toolResult: renderToolResult(block) }
    return [
      { name: 'contentBlockStart', payload: { contentBlockIndex: block.index, start } },
      renderDelta(block, { toolResult: [{ json: block.json }] }),
    ]
  }
  if (block.kind !== 'toolUse') return []
  const start = { toolUse: renderToolUse(block, traits) }
  return [
    { name: 'contentBlockStart', payload: { contentBlockIndex: block.index, start } },
    ...(traits.isClaude ? [renderDelta(block, renderPiece(block, ''))] : []),
  ]
}

function renderCitationDelta(block: StartedBlock, citation: Citation): ConverseEvent {
  return renderDelta(block, { citation: renderCitation(citation) })
}

function renderDelta({ index }: StartedBlock, delta: JsonObject): ConverseEvent {
  return { name: 'contentBlockDelta', payload: { contentBlockIndex: index, delta } }
}

function renderPiece({ kind }: StartedBlock, text: string): JsonObject {
  switch (kind) {
    case 'text':
      return { text }
    case 'toolUse':
      return { toolUse: { input: text } }
    case 'reasoning':
    case 'redacted':
    case 'toolResult':
      return { reasoningContent: { text } }
  }
}
