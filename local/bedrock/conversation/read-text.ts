import { joinTurns } from './join-turns.ts'
import type { AnswerBlock, ContentBlock, ConversationRequest, Turn } from './types.ts'

/** Joins the text of blocks with blank lines. Ignores text inside tool results. */
export function readText(blocks: readonly (ContentBlock | AnswerBlock)[]): string {
  return blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n\n')
}

export function findLastUserTurn(request: ConversationRequest): Turn | undefined {
  return request.turns.findLast(({ role }) => role === 'user')
}

export function readLastUserText(request: ConversationRequest): string {
  return readText(findLastUserTurn(request)?.blocks ?? [])
}

/** Tags of texts that programs, not users, add to a turn. */
const REMINDER_TAGS = ['system-reminder', 'environment_details'] as const

/** Most turns of the user that are read. */
const MAX_PROMPTS = 10

/** What the user said last, and whether the results of tools are there already. */
export interface LastWords {
  /** Last text of the last user turn, without reminders that a program added. Empty if there is none. */
  readonly prompt: string
  /** The prompt and those of earlier turns, the last first. */
  readonly prompts: readonly string[]
  readonly hasResult: boolean
}

/** Reads the last user turn; consecutive messages of the user are one turn. */
export function readLastWords({ turns }: ConversationRequest): LastWords {
  const users = joinTurns(turns).filter(({ role }) => role === 'user')
  const prompts = users.slice(-MAX_PROMPTS).map(readPrompt).reverse()
  return {
    prompt: prompts[0] ?? '',
    prompts,
    hasResult: users.at(-1)?.blocks.some(({ kind }) => kind === 'toolResult') ?? false,
  }
}

/** Reads the last text of a turn that is more than reminders. */
function readPrompt({ blocks }: Turn): string {
  const texts = blocks.flatMap((block) => (block.kind === 'text' ? [removeReminders(block.text)] : []))
  return texts.findLast((text) => text !== '') ?? ''
}

/** Removes reminders in one pass, because prompts may have 25 MB. One without an end reaches to the end of the text. */
function removeReminders(text: string): string {
  return REMINDER_TAGS.reduce((rest, tag) => {
    const [before = '', ...sections] = rest.split(`<${tag}>`)
    const kept = sections.map((section) => {
      const end = section.indexOf(`</${tag}>`)
      return end === -1 ? '' : section.slice(end + tag.length + 3)
    })
    return [before, ...kept].join(' ')
  }, text).trim()
}
