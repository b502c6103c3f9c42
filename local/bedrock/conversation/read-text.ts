import type { AnswerBlock, ContentBlock, ConversationRequest, Turn } from './types.ts'

/** The text of blocks, a blank line between two of them. Text inside tool results is not included. */
export function readText(blocks: readonly (ContentBlock | AnswerBlock)[]): string {
  return blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n\n')
}

export function lastUserTurn(request: ConversationRequest): Turn | undefined {
  return request.turns.findLast(({ role }) => role === 'user')
}

export function readLastUserText(request: ConversationRequest): string {
  return readText(lastUserTurn(request)?.blocks ?? [])
}
