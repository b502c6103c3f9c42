import { parseToolInput } from './parse-tool-input.ts'
import type { AnswerBlock, AnswerEvent, AnswerStop, BlockStop, ModelAnswer } from './types.ts'

export interface AnswerCollector {
  add(event: AnswerEvent): void
  finish(stop: AnswerStop): ModelAnswer
}

/** Collects the pieces of a stream into an answer. */
export function createAnswerCollector(): AnswerCollector {
  const blocks: AnswerBlock[] = []
  let text = ''
  return {
    add(event) {
      if (event.kind === 'block-start') text = ''
      if (event.kind === 'block-delta') text += event.text
      if (event.kind === 'block-stop') blocks.push(completeBlock(event, text))
    },
    finish: ({ kind: _kind, ...stop }) => ({ blocks, ...stop }),
  }
}

function completeBlock({ block, signature }: BlockStop, text: string): AnswerBlock {
  switch (block.kind) {
    case 'text':
      return { kind: block.kind, text, ...(block.citations && { citations: block.citations }) }
    case 'reasoning':
      return { kind: block.kind, text, ...(signature && { signature: signature.join('') }) }
    case 'redacted':
      return { kind: block.kind, data: block.data }
    case 'toolUse':
      return { ...omitIndex(block), input: parseToolInput(text) }
    case 'toolResult':
      return omitIndex(block)
  }
}

function omitIndex<Block extends { readonly index: number }>({ index: _index, ...block }: Block): Omit<Block, 'index'> {
  return block
}
