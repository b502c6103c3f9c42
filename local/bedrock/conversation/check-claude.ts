import { type ConversationWording, claudeMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { findSchemaFault } from './find-schema-fault.ts'
import type { ConversationRequest } from './types.ts'

/** Checks what Claude itself refuses besides thinking. ValidationException with its messages. */
export function checkClaude(
  { turns, parameters, toolChoice }: ConversationRequest,
  { traits }: Model,
  wording: ConversationWording,
): void {
  if (!traits.thinking) return
  const { stopSequences, outputSchema } = parameters
  const last = turns.at(-1)
  const end = last?.blocks.at(-1)
  if (traits.refusesForcedTools && (toolChoice.kind === 'any' || toolChoice.kind === 'tool')) {
    throw validationError(wording.fromModel(messages.forcedTool))
  }
  if (stopSequences.some((sequence) => sequence.trim() === '')) {
    throw validationError(wording.fromModel(messages.blankStopSequence))
  }
  if (last?.role === 'assistant' && end?.kind === 'text' && /\s$/.test(end.text)) {
    throw validationError(wording.fromModel(messages.trailingSpace))
  }
  const fault = outputSchema && findSchemaFault(outputSchema)
  if (fault !== undefined) throw validationError(wording.fromModel(messages.schema(fault)))
}
