import type {
  AnswerBlock,
  Citation,
  ModelAnswer,
  RedactedBlock,
  ServerToolResult,
  TokenUsage,
  ToolUseBlock,
} from '../conversation/types.ts'
import type { AnswerTraits } from '../models/answer-traits.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { renderCitation } from './render-citation.ts'

/** Renders `output` and `stopReason` of a ConverseResponse. The operation adds usage, metrics and trace. */
export function renderConverseAnswer({ blocks, stopReason }: ModelAnswer, traits: AnswerTraits): JsonObject {
  return {
    output: { message: { role: 'assistant', content: blocks.map((block) => renderBlock(block, traits)) } },
    stopReason,
  }
}

/** Renders a block with exactly one member: botocore refuses a union with two. */
function renderBlock(block: AnswerBlock, traits: AnswerTraits): JsonObject {
  switch (block.kind) {
    case 'text':
      return block.citations ? renderCited(block.text, block.citations) : { text: block.text }
    case 'toolUse':
      return { toolUse: { ...renderToolUse(block, traits), input: block.input } }
    case 'reasoning':
      return { reasoningContent: { reasoningText: omitUndefined({ text: block.text, signature: block.signature }) } }
    case 'redacted':
      return renderRedacted(block)
    case 'toolResult':
      return { toolResult: { content: [{ json: block.json }], ...renderToolResult(block) } }
  }
}

function renderCited(text: string, citations: readonly Citation[]): JsonObject {
  return { citationsContent: { content: [{ text }], citations: citations.map(renderCitation) } }
}

/** Renders the members of a tool use before its input. */
export function renderToolUse(
  { id, name, isServerTool = false }: ToolUseBlock,
  { typesToolUses }: AnswerTraits,
): JsonObject {
  const type = isServerTool ? 'server_tool_use' : 'tool_use'
  return { name, toolUseId: `tooluse_${id}`, ...((typesToolUses || isServerTool) && { type }) }
}

/** Renders the members of the result of a server tool beside its content. */
export function renderToolResult({ id, type }: ServerToolResult): JsonObject {
  return { status: 'success', toolUseId: `tooluse_${id}`, type }
}

/** Renders redacted reasoning: its data, which is text already, as a blob. */
export function renderRedacted({ data }: RedactedBlock): JsonObject {
  return { reasoningContent: { redactedContent: Buffer.from(data).toString('base64') } }
}

/**
 * Renders the usage, with the counters of the cache if the request has cache points or `countsCache` is true. Observed:
 * recordings of Bedrock, also the second names of the counters and the empty `serverToolUsage`, which no service model has.
 */
export function renderUsage(usage: TokenUsage, countsCache: boolean): JsonObject {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWritten } = usage
  const written = cacheWritten ? Object.entries(cacheWritten).filter(([, tokens]) => tokens > 0) : []
  return {
    ...(written.length > 0 && { cacheDetails: written.map(([ttl, tokens]) => ({ inputTokens: tokens, ttl })) }),
    ...((countsCache || cacheWritten) && {
      cacheReadInputTokenCount: cacheReadTokens,
      cacheReadInputTokens: cacheReadTokens,
      cacheWriteInputTokenCount: cacheWriteTokens,
      cacheWriteInputTokens: cacheWriteTokens,
    }),
    inputTokens,
    outputTokens,
    serverToolUsage: {},
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
  }
}
