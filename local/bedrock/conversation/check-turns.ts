import { type ConversationWording, claudeMessages, turnMessages as messages, validationError } from '../messages.ts'
import type { ModelTraits } from '../models/traits.ts'
import { joinTurns } from './join-turns.ts'
import type { ContentBlock, Turn } from './types.ts'

/** Kinds of blocks that only one side may send. */
const USER_ONLY = new Set<ContentBlock['kind']>(['image', 'document', 'video', 'audio', 'toolResult'])
const ASSISTANT_ONLY = new Set<ContentBlock['kind']>(['toolUse', 'reasoning'])

export interface TurnChecks {
  readonly wording: ConversationWording
  readonly isConverse: boolean
  readonly traits: ModelTraits
}

/**
 * Checks the order of turns and their blocks. ValidationException names the position of the first fault. Bedrock joins
 * consecutive messages of one role.
 */
export function checkTurns(turns: readonly Turn[], { wording, isConverse, traits }: TurnChecks): void {
  const [first] = turns
  if (!first) throw validationError(wording.empty)
  if (isConverse && traits.startsWithUser && first.role !== 'user') throw validationError(messages.firstRole)
  for (const turn of turns) {
    checkContent(turn, wording, traits.thinking !== undefined)
  }
  if (isConverse && traits.isolatesToolResults) joinTurns(turns).forEach(checkIsolation)
  if (traits.refusesPrefill && turns.at(-1)?.role === 'assistant') throw validationError(wording.prefill)
}

function checkContent({ role, blocks, path }: Turn, wording: ConversationWording, isClaude: boolean): void {
  if (blocks.length === 0) throw validationError(wording.emptyContent(path.join('.')))
  const isBlank = blocks.every((block) => (block.kind === 'text' ? block.text.trim() === '' : isPoint(block)))
  for (const [index, block] of blocks.entries()) {
    const place = [...path, 'content', index].join('.')
    // Blank text beside other content is taken.
    if (block.kind === 'text' && isBlank && block.text !== '' && isClaude) {
      throw validationError(wording.fromModel(claudeMessages.whitespaceText))
    }
    if (block.kind === 'text' && (block.text === '' || isBlank)) throw validationError(wording.blankText(place))
    if (role === 'assistant' && isOfUser(block)) throw validationError(wording.userOnly(block.kind, place))
    if (role === 'user' && ASSISTANT_ONLY.has(block.kind))
      throw validationError(wording.assistantOnly(block.kind, place))
  }
}

function checkIsolation({ blocks }: Turn): void {
  const results = blocks.filter(({ kind }) => kind === 'toolResult')
  const others = blocks.filter((block) => block.kind !== 'toolResult' && !isPoint(block))
  if (results.length > 0 && others.length > 0) throw validationError(messages.resultsBesideOthers)
}

function isOfUser(block: ContentBlock): boolean {
  return USER_ONLY.has(block.kind) && !(block.kind === 'toolResult' && block.isServerTool)
}

function isPoint({ kind }: ContentBlock): boolean {
  return kind === 'cachePoint'
}
