import type { RestReply } from '../core/errors.ts'
import type { OperationName } from './operations.ts'

/** Tokens of one call, as Bedrock counted them; a member is absent where Bedrock did not say. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
  readonly stopReason?: string
}

const COUNT_HEADERS = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
} as const

/**
 * What a call used, for log and metrics: Converse says it in its document, InvokeModel in headers, so that a native
 * answer (of media, of many megabytes) is never parsed.
 */
export function readUsage(operation: OperationName, reply: RestReply): Usage {
  if (operation === 'Converse') return readConverseUsage(reply.body)
  const usage: Record<string, number> = {}
  for (const [member, header] of Object.entries(COUNT_HEADERS)) {
    const count = Number(reply.headers[header] ?? Number.NaN)
    if (Number.isFinite(count)) usage[member] = count
  }
  return usage
}

function readConverseUsage(body: Uint8Array): Usage {
  let answer: { usage?: Usage; stopReason?: string } | null
  try {
    answer = JSON.parse(new TextDecoder().decode(body))
  } catch {
    // The caller gets what Bedrock sent; that it is no document is no reason to lose it.
    return {}
  }
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } = answer?.usage ?? {}
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cacheReadInputTokens !== undefined && { cacheReadInputTokens }),
    ...(cacheWriteInputTokens !== undefined && { cacheWriteInputTokens }),
    ...(answer?.stopReason !== undefined && { stopReason: answer.stopReason }),
  }
}
