import type { AnswerStop } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import type { RenderContext, StreamRenderer } from './family.ts'

/** A chunk of a family whose stream has text and an end, and nothing else. */
export interface TextChunk {
  readonly text: string
  /** Given with the first chunk only. */
  readonly inputTokens: number | null
  /** Up to and with this chunk. */
  readonly outputTokens: number
  /** Of the last chunk, which has no text. */
  readonly stop?: AnswerStop
}

export type TextChunkRenderer = (chunk: TextChunk, context: RenderContext) => JsonObject

/** Such a family's stream, a chunk for each piece of text; blank lines between blocks, as in the whole answer. */
export function renderTextStream(render: TextChunkRenderer, context: RenderContext): StreamRenderer {
  let inputTokens: number | null = 0
  let outputTokens = 0
  const separate = createSeparator()
  const next = (text: string, stop?: AnswerStop): JsonObject => {
    const chunk = render({ text, inputTokens, outputTokens, ...(stop && { stop }) }, context)
    inputTokens = null
    return chunk
  }
  return (event) => {
    switch (event.kind) {
      case 'answer-start':
        inputTokens = event.inputTokens
        return []
      case 'block-start':
        return event.block.kind === 'text' ? separate().map((text) => next(text)) : []
      case 'block-delta':
        if (event.block.kind !== 'text') return []
        outputTokens += 1
        return [next(event.text)]
      case 'block-stop':
        return []
      case 'answer-stop':
        outputTokens = event.usage.outputTokens
        return [next('', event)]
    }
  }
}

/** What stands in front of each block of text where blocks are one text: nothing, then blank lines. */
export function createSeparator(): () => readonly string[] {
  let isFirst = true
  return () => {
    const separators = isFirst ? [] : ['\n\n']
    isFirst = false
    return separators
  }
}
