import type { ContentBlock, Turn } from './types.ts'

/** Numbers the documents and the search results that answers may cite, in the order of the request. */
export function numberSources(turns: readonly Turn[]): Turn[] {
  let documents = 0
  let searchResults = 0
  const number = (block: ContentBlock): ContentBlock => {
    if (block.kind === 'toolResult') return { ...block, blocks: block.blocks.map(number) }
    if (block.kind === 'document') {
      const index = documents
      documents += 1
      return block.citable ? { ...block, citable: { ...block.citable, index } } : block
    }
    if (block.kind !== 'text' || !block.citable) return block
    const index = searchResults
    searchResults += 1
    return { ...block, citable: { ...block.citable, index } }
  }
  return turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(number) }))
}
