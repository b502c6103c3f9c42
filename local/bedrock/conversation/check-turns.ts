import { type ConversationWording, validationError } from '../messages.ts'
import type { ContentBlock, Turn } from './types.ts'

/** Kinds of blocks that only one side may send. */
const USER_ONLY = new Set<ContentBlock['kind']>(['image', 'document', 'video', 'audio', 'toolResult'])
const ASSISTANT_ONLY = new Set<ContentBlock['kind']>(['toolUse', 'reasoning'])

export interface TurnRules {
  /** OpenAI's format allows several messages of one role in a row. */
  readonly alternate: boolean
  /** The last message must be the user's. */
  readonly refusesPrefill: boolean
  readonly wording: ConversationWording
}

/** Checks the order of turns and their blocks. ValidationException names the position of the first fault. */
export function checkTurns(turns: readonly Turn[], rules: TurnRules): void {
  const { wording } = rules
  const [first] = turns
  if (!first) throw validationError(wording.empty)
  if (rules.alternate && first.role !== 'user') throw validationError(wording.firstRole)
  for (const [index, turn] of turns.entries()) {
    if (rules.alternate && turn.role === turns[index - 1]?.role) {
      throw validationError(wording.alternation(turn.path.join('.'), turn.role))
    }
    checkContent(turn, wording)
  }
  if (rules.refusesPrefill && turns.at(-1)?.role === 'assistant') throw validationError(wording.prefill)
}

function checkContent({ role, blocks, path }: Turn, wording: ConversationWording): void {
  if (blocks.length === 0) throw validationError(wording.emptyContent(path.join('.')))
  for (const [index, block] of blocks.entries()) {
    const place = [...path, 'content', index].join('.')
    if (block.kind === 'text' && block.text.trim() === '') throw validationError(wording.blankText(place))
    if (role === 'assistant' && USER_ONLY.has(block.kind)) throw validationError(wording.userOnly(block.kind, place))
    if (role === 'user' && ASSISTANT_ONLY.has(block.kind))
      throw validationError(wording.assistantOnly(block.kind, place))
  }
}
