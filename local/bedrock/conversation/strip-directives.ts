import { withoutDirectives } from '../directives/find-directives.ts'
import type { ContentBlock, ConversationRequest } from './types.ts'

/** The conversation as the model sees it: no directives in any user text; a text that was nothing else is left out. */
export function stripDirectives(request: ConversationRequest): ConversationRequest {
  return {
    ...request,
    turns: request.turns.map((turn) => (turn.role === 'user' ? { ...turn, blocks: turn.blocks.flatMap(strip) } : turn)),
  }
}

function strip(block: ContentBlock): ContentBlock[] {
  if (block.kind !== 'text') return [block]
  const text = withoutDirectives(block.text)
  return text === '' ? [] : [{ ...block, text }]
}
