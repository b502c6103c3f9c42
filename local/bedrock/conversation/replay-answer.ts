import { isDeepStrictEqual } from 'node:util'
import { generateTokens } from './count-tokens.ts'
import type { AnswerBlock, AnswerEvent, ModelAnswer, StartedBlock } from './types.ts'

/** Replays a whole answer as a stream, a token per piece. */
export function* replayAnswer({ blocks, ...stop }: ModelAnswer): Generator<AnswerEvent> {
  yield { kind: 'answer-start', inputTokens: stop.usage.inputTokens }
  for (const [index, block] of blocks.entries()) yield* replayBlock(block, index)
  yield { kind: 'answer-stop', ...stop }
}

function* replayBlock(answered: AnswerBlock, index: number): Generator<AnswerEvent> {
  const block = startBlock(answered, index)
  yield { kind: 'block-start', block }
  const text = readPieces(answered)
  // Some formats do not announce text blocks, so an empty one needs a piece.
  if (text === '' && answered.kind === 'text') yield { kind: 'block-delta', block, text }
  for (const token of generateTokens(text)) yield { kind: 'block-delta', block, text: token }
  yield {
    kind: 'block-stop',
    block,
    ...(answered.kind === 'reasoning' && answered.signature !== undefined && { signature: [answered.signature] }),
  }
}

function readPieces(block: AnswerBlock): string {
  // An empty input has no pieces.
  if (block.kind === 'toolUse') return isDeepStrictEqual(block.input, {}) ? '' : JSON.stringify(block.input)
  return block.kind === 'redacted' || block.kind === 'toolResult' ? '' : block.text
}

function startBlock(block: AnswerBlock, index: number): StartedBlock {
  if (block.kind === 'redacted' || block.kind === 'toolResult') return { ...block, index }
  if (block.kind === 'toolUse') {
    const { input: _input, ...use } = block
    return { ...use, index }
  }
  if (block.kind === 'reasoning') return { kind: block.kind, index }
  return { kind: block.kind, index, ...(block.citations && { citations: block.citations }) }
}
