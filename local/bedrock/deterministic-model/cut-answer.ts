import { countAnswerTokens, splitTokens } from '../conversation/count-tokens.ts'
import type { AnswerBlock, InferenceParameters, ModelAnswer, StopReason } from '../conversation/types.ts'

/**
 * Cuts a draft at the first stop sequence of its text (which is not part of the answer), then at `maxTokens`. Returns the
 * blocks, the stop reason and the number of tokens.
 */
export function cutAnswer(
  draft: readonly AnswerBlock[],
  parameters: InferenceParameters,
): Omit<ModelAnswer, 'usage'> & { outputTokens: number } {
  const { blocks: stopped, stopSequence } = cutAtStopSequence(draft, parameters.stopSequences)
  const { blocks, outputTokens, isCut } = cutAtMaximum(stopped, parameters.maxTokens ?? Number.POSITIVE_INFINITY)
  // maxTokens before the stop sequence wins.
  if (isCut) return { blocks, outputTokens, stopReason: 'max_tokens' }
  if (stopSequence !== undefined) return { blocks, outputTokens, stopReason: 'stop_sequence', stopSequence }
  return { blocks, outputTokens, stopReason: naturalStop(blocks) }
}

function naturalStop(blocks: readonly AnswerBlock[]): StopReason {
  return blocks.some((block) => block.kind === 'toolUse' && !block.isServerTool) ? 'tool_use' : 'end_turn'
}

function cutAtStopSequence(
  draft: readonly AnswerBlock[],
  sequences: readonly string[],
): { blocks: readonly AnswerBlock[]; stopSequence?: string } {
  for (const [index, block] of draft.entries()) {
    const found = block.kind === 'text' ? findFirst(block.text, sequences) : undefined
    if (block.kind !== 'text' || !found) continue
    const text = block.text.slice(0, found.position)
    return { blocks: [...draft.slice(0, index), { kind: 'text', text }], stopSequence: found.sequence }
  }
  return { blocks: draft }
}

function findFirst(text: string, sequences: readonly string[]): { position: number; sequence: string } | undefined {
  return sequences
    .map((sequence) => ({ sequence, position: text.indexOf(sequence) }))
    .filter(({ position }) => position !== -1)
    .sort((one, other) => one.position - other.position)[0]
}

function cutAtMaximum(
  draft: readonly AnswerBlock[],
  maximum: number,
): { blocks: AnswerBlock[]; outputTokens: number; isCut: boolean } {
  const blocks: AnswerBlock[] = []
  let outputTokens = 0
  for (const block of draft) {
    const tokens = countAnswerTokens(block)
    if (outputTokens + tokens > maximum) {
      return { blocks: [...blocks, shorten(block, maximum - outputTokens)], outputTokens: maximum, isCut: true }
    }
    blocks.push(block)
    outputTokens += tokens
  }
  return { blocks, outputTokens, isCut: false }
}

/** Cuts a tool use. Half an input is not JSON, so a tool use that does not fit loses its whole input. */
function shorten(block: AnswerBlock, tokens: number): AnswerBlock {
  if (block.kind === 'toolUse') return { ...block, input: {} }
  if (block.kind === 'redacted' || block.kind === 'toolResult') return block
  const text = splitTokens(block.text).slice(0, tokens).join('')
  // Half a passage has no citation.
  return block.kind === 'text' ? { kind: block.kind, text } : { ...block, text }
}
