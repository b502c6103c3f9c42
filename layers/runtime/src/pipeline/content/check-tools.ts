import { isPrompt } from '../../models/model-rules.ts'
import { type Block, type Conversation, refuse, type Turn } from './conversation.ts'

/**
 * Checks that every tool use is answered in the message behind it, and nothing else is, and that a conversation with tools
 * has a toolConfig. Several uses of one message are answered in one message.
 *
 * @throws BedrockError ValidationException
 */
export function checkTools({ turns: all, toolConfig }: Conversation, modelId: string): void {
  // Newer models take instructions between two turns.
  const turns = all.filter(({ role }) => role !== 'system')
  const ids = (turn: Turn | undefined, kind: 'toolUse' | 'toolResult'): string[] =>
    (turn?.blocks ?? [])
      .filter((block) => isAnswered(block, kind))
      .map(({ value }) => value?.get('toolUseId')?.text ?? '')
  const toolBlock = turns
    .flatMap(({ blocks }) => blocks)
    .find(({ name }) => name === 'toolUse' || name === 'toolResult')
  if (toolBlock && !toolConfig && !isPrompt(modelId)) {
    refuse(
      `The toolConfig field must be defined when using toolUse and toolResult content blocks. ${toolBlock.path} is there and toolConfig is not: send the tools with every request of the conversation.`,
    )
  }
  for (const [index, turn] of turns.entries()) {
    if (turn.role !== 'user') continue
    const used = ids(turns[index - 1], 'toolUse')
    const answers = ids(turn, 'toolResult')
    const answered = new Set(answers)
    const missing = used.filter((id) => !answered.has(id))
    if (missing.length > 0) {
      refuse(
        `Expected toolResult blocks at ${turn.path}.content for the following Ids: ${missing.join(', ')}. The results of parallel uses belong into one message.`,
      )
    }
    // Each answer takes its use off the list.
    const open = new Set(used)
    const stray = answers.find((id) => !open.delete(id))
    if (stray !== undefined) {
      refuse(
        `${turn.path}.content has a toolResult for ${stray}: the message before it has no toolUse of that id, or it was answered already.`,
      )
    }
  }
}

/** A tool that runs on the server's side has its result in the same message, or nowhere. */
function isAnswered({ name, value }: Block, kind: string): boolean {
  return name === kind && value?.get('type') === undefined
}
