import type { AnswerStop } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import type { RenderContext, StreamRenderer } from './family.ts'

/** A chunk of a stream with only text and an end. */
export interface TextChunk {
  readonly text: string
  /** Present in the first chunk. */
  readonly inputTokens: number | null
  /** Output tokens up to and including this chunk. */
  readonly outputTokens: number
  /** Present in the last chunk, which has no text. */
  readonly stop?: AnswerStop
}

export type TextChunkRenderer = (chunk: TextChunk, context: RenderContext) => JsonObject

/** Renders such a stream, a chunk per piece of text, with blank lines between blocks as in the whole answer. */
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

/** Returns separators for joined blocks: nothing before the first one, then blank lines. */
export function createSeparator(): () => readonly string[] {
  let isFirst = true
  return () => {
    const separators = isFirst ? [] : ['\n\n']
    isFirst = false
    return separators
  }
}
