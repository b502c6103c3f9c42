import type { AnswerBlock, ModelAnswer, RedactedBlock, TokenUsage } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined } from '../shapes/read-json.ts'

/** Renders `output`, `stopReason` and `usage` of a ConverseResponse. The operation adds metrics and trace. */
export function renderConverseAnswer(answer: ModelAnswer): JsonObject {
  return {
    output: { message: { role: 'assistant', content: answer.blocks.map(renderBlock) } },
    stopReason: answer.stopReason,
    usage: renderUsage(answer.usage),
  }
}

/** Renders a block with exactly one member: botocore refuses a union with two. */
function renderBlock(block: AnswerBlock): JsonObject {
  switch (block.kind) {
    case 'text':
      return { text: block.text }
    case 'toolUse':
      return { toolUse: { toolUseId: `tooluse_${block.id}`, name: block.name, input: block.input } }
    case 'reasoning':
      return { reasoningContent: { reasoningText: omitUndefined({ text: block.text, signature: block.signature }) } }
    case 'redacted':
      return renderRedacted(block)
  }
}

/** Renders redacted reasoning: its data, which is text already, as a blob. */
export function renderRedacted({ data }: RedactedBlock): JsonObject {
  return { reasoningContent: { redactedContent: Buffer.from(data).toString('base64') } }
}

export function renderUsage(usage: TokenUsage): JsonObject {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWritten } = usage
  const written = cacheWritten ? Object.entries(cacheWritten).filter(([, tokens]) => tokens > 0) : []
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadInputTokens: cacheReadTokens,
    cacheWriteInputTokens: cacheWriteTokens,
    ...(written.length > 0 && { cacheDetails: written.map(([ttl, tokens]) => ({ inputTokens: tokens, ttl })) }),
  }
}
