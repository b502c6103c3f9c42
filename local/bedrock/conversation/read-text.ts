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
