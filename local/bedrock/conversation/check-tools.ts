import { type ConversationWording, validationError } from '../messages.ts'
import type { ConversationRequest, Turn } from './types.ts'

/**
 * Checks that the next user message answers every tool use and no others, that tool names differ, and that a chosen tool
 * exists. `toolsDeclared` is false when the request has no tools at all. ValidationException otherwise.
 */
export function checkTools(
  { turns, tools, toolChoice }: ConversationRequest,
  toolsDeclared: boolean,
  wording: ConversationWording,
): void {
  const names = tools.map(({ name }) => name)
  const duplicate = names.find((name, index) => names.indexOf(name) !== index)
  if (duplicate !== undefined) throw validationError(wording.toolDuplicated(duplicate))
  if (toolChoice.kind === 'tool' && !names.includes(toolChoice.name)) {
    throw validationError(wording.toolUnknown(toolChoice.name))
  }
  if (!toolsDeclared && turns.some(speaksOfTools)) throw validationError(wording.toolConfigMissing)
  for (const [index, turn] of turns.entries()) checkPair(turns[index - 1], turn, wording)
  const last = turns.at(-1)
  const open = last ? toolUses(last) : []
  if (last && open.length > 0)
    throw validationError(wording.resultsMissing(last.path.join('.'), open, last.path.join('.')))
}

function checkPair(before: Turn | undefined, turn: Turn, wording: ConversationWording): void {
  const used = before ? toolUses(before) : []
  const answered = toolResults(turn)
  const missing = used.filter((id) => !answered.includes(id))
  const place = [...turn.path, 'content'].join('.')
  if (before && missing.length > 0) {
    throw validationError(wording.resultsMissing(place, missing, before.path.join('.')))
  }
  const findPlace = ([id]: readonly string[]): string => [place, findLastResult(turn, id)].join('.')
  const unexpected = answered.filter((id) => !used.includes(id))
  if (unexpected.length > 0) throw validationError(wording.resultsUnexpected(place, unexpected, findPlace(unexpected)))
  const repeated = answered.filter((id, index) => answered.indexOf(id) !== index)
  if (repeated.length > 0) throw validationError(wording.resultsRepeated(place, repeated, findPlace(repeated)))
}

function findLastResult({ blocks }: Turn, id: string | undefined): number {
  return blocks.findLastIndex((block) => block.kind === 'toolResult' && block.id === id)
}

function speaksOfTools(turn: Turn): boolean {
  return turn.blocks.some(({ kind }) => kind === 'toolUse' || kind === 'toolResult')
}

function toolUses({ blocks }: Turn): string[] {
  return blocks.flatMap((block) => (block.kind === 'toolUse' && !block.isServerTool ? [block.id] : []))
}

function toolResults({ blocks }: Turn): string[] {
  return blocks.flatMap((block) => (block.kind === 'toolResult' && !block.isServerTool ? [block.id] : []))
}
