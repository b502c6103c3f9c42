import { isPrompt } from '../../models/model-rules.ts'
import { type Block, type Conversation, refuse, type Turn } from './conversation.ts'
import { listSome } from './list-some.ts'

/**
 * Checks that each tool use has one result in the next message, that there are no other results, and that a conversation
 * with tools has a toolConfig. All results of a message are in one message.
 *
 * @throws BedrockError ValidationException
 */
export function checkTools({ turns: all, toolConfig }: Conversation, modelId: string): void {
  // Newer models accept system messages between two turns.
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
      `The toolConfig field must be defined when using toolUse and toolResult content blocks. The request has ${toolBlock.path} and no toolConfig: send the tools with every request of the conversation.`,
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
        `Expected toolResult blocks at ${turn.path}.content for the following Ids: ${listSome(missing)}. Put the results of parallel uses into one message.`,
      )
    }
    // A use can have one result.
    const open = new Set(used)
    const stray = answers.find((id) => !open.delete(id))
    if (stray !== undefined) {
      refuse(
        `The number of toolResult blocks at ${turn.path}.content exceeds the number of toolUse blocks of previous turn. ${turn.path}.content has a toolResult for ${stray}: the previous message has no toolUse with this id, or another toolResult has answered it.`,
      )
    }
  }
}

/** Types of blocks of tools that the caller runs. Newer models name them, others leave the type out. */
const CALLERS_TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'tool_use', 'tool_result'])

/** Tests for a block of a tool that the caller runs. A server tool has its result in the same message, or none. */
function isAnswered({ name, value }: Block, kind: string): boolean {
  return name === kind && CALLERS_TYPES.has(value?.get('type')?.text)
}
