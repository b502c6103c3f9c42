import { removeDirectives } from '../directives/find-directives.ts'
import type { ContentBlock, ConversationRequest } from './types.ts'

/** Removes directives from user texts, and texts with nothing else. */
export function stripDirectives(request: ConversationRequest): ConversationRequest {
  return {
    ...request,
    turns: request.turns.map((turn) => (turn.role === 'user' ? { ...turn, blocks: turn.blocks.flatMap(strip) } : turn)),
  }
}

function strip(block: ContentBlock): ContentBlock[] {
  if (block.kind !== 'text') return [block]
  const text = removeDirectives(block.text)
  return text === '' ? [] : [{ ...block, text }]
}
