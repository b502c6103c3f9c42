import type { AnswerEvent, StartedBlock, StopReason } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { renderRedacted } from './render-converse-answer.ts'

/** One event of ConverseStream: its name, and its members without the padding. */
export interface ConverseEvent {
  readonly name: 'messageStart' | 'contentBlockStart' | 'contentBlockDelta' | 'contentBlockStop' | 'messageStop'
  readonly payload: JsonObject
}

/**
 * Renders the events of an answer's event, up to messageStop; the operation adds metadata. Each union has exactly one
 * member: botocore refuses two.
 */
export function renderConverseEvents(event: AnswerEvent): readonly ConverseEvent[] {
  switch (event.kind) {
    case 'answer-start':
      return [{ name: 'messageStart', payload: { role: 'assistant' } }]
    case 'block-start':
      return renderBlockStart(event.block)
    case 'block-delta':
      return [renderDelta(event.block, renderPiece(event.block, event.text))]
    case 'block-stop':
      return [
        ...(event.signature === undefined
          ? []
          : [renderDelta(event.block, { reasoningContent: { signature: event.signature } })]),
        { name: 'contentBlockStop', payload: { contentBlockIndex: event.block.index } },
      ]
    case 'answer-stop':
      return [renderMessageStop(event.stopReason)]
  }
}

export function renderMessageStop(stopReason: StopReason, fields?: JsonObject): ConverseEvent {
  return { name: 'messageStop', payload: { ...(fields && { additionalModelResponseFields: fields }), stopReason } }
}

/** Renders the start of a block. Text and reasoning have none and begin with their first piece. */
function renderBlockStart(block: StartedBlock): readonly ConverseEvent[] {
  if (block.kind === 'redacted') return [renderDelta(block, renderRedacted(block))]
  if (block.kind !== 'toolUse') return []
  const start = { toolUse: { name: block.name, toolUseId: `tooluse_${block.id}` } }
  return [{ name: 'contentBlockStart', payload: { contentBlockIndex: block.index, start } }]
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
      return { reasoningContent: { text } }
  }
}
