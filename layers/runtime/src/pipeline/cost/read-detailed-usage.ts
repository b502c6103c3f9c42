import type { RestReply } from '../../core/errors.ts'
import {
  asDocument,
  asText,
  type DetailedUsage,
  type Document,
  known,
  parseDocument,
  pickCount,
} from './detailed-usage.ts'
import { readNativeUsage } from './read-native-usage.ts'

/** Bedrock's own headers of InvokeModel's answers. */
const HEADERS = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
} as const

/** What a whole answer says that the call used: Converse in its document, InvokeModel in headers and in the native body. */
export function readDetailedUsage(
  operation: 'Converse' | 'InvokeModel',
  { headers, body }: Pick<RestReply, 'headers' | 'body'>,
): DetailedUsage {
  if (operation === 'Converse') return readConverseUsage(parseDocument(body))
  // What a family says itself belongs together (whether cached tokens are among its input tokens), so it goes before.
  return { ...readHeaders(headers), ...(mayTellUsage(body) && readNativeUsage(parseDocument(body))) }
}

/** The members `usage`, `serviceTier` and `performanceConfig` of Converse's answer, or of ConverseStream's `metadata`. */
export function readConverseUsage(answer: Document): DetailedUsage {
  const usage = asDocument(answer.usage)
  const details = Array.isArray(usage.cacheDetails) ? usage.cacheDetails.map(asDocument) : []
  return known({
    inputTokens: pickCount(usage, 'inputTokens'),
    outputTokens: pickCount(usage, 'outputTokens'),
    cacheReadInputTokens: pickCount(usage, 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(usage, 'cacheWriteInputTokens'),
    cacheWrite5mInputTokens: sumOf(details, '5m'),
    cacheWrite1hInputTokens: sumOf(details, '1h'),
    serviceTier: asText(asDocument(answer.serviceTier).type),
    latency: asText(asDocument(answer.performanceConfig).latency),
  })
}

function sumOf(details: readonly Document[], ttl: string): number | undefined {
  const counts = details.filter((detail) => detail.ttl === ttl).map((detail) => pickCount(detail, 'inputTokens') ?? 0)
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count) : undefined
}

/** What the headers of InvokeModel's answer, or of its streaming sibling's, say. */
export function readHeaders(headers: RestReply['headers']): DetailedUsage {
  const counts = Object.entries(HEADERS).map(([member, header]) => {
    // Number('') is 0, and an empty header says nothing.
    const text = headers[header]?.trim()
    return [member, text ? Number(text) : undefined] as const
  })
  const counted = Object.fromEntries(counts)
  return known({
    inputTokens: pickCount(counted, 'inputTokens'),
    outputTokens: pickCount(counted, 'outputTokens'),
    cacheReadInputTokens: pickCount(counted, 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(counted, 'cacheWriteInputTokens'),
    serviceTier: asText(headers['x-amzn-bedrock-service-tier']),
    latency: asText(headers['x-amzn-bedrock-performanceconfig-latency']),
  })
}

/** The member `amazon-bedrock-invocationMetrics` of a native stream's last event. */
export function readInvocationMetrics(metrics: Document): DetailedUsage {
  return known({
    inputTokens: pickCount(metrics, 'inputTokenCount'),
    outputTokens: pickCount(metrics, 'outputTokenCount'),
    cacheReadInputTokens: pickCount(metrics, 'cacheReadInputTokenCount'),
    cacheWriteInputTokens: pickCount(metrics, 'cacheWriteInputTokenCount'),
  })
}

/** Names under which native bodies tell what was used. An answer with none of them, such as media, is never parsed. */
const TELLING = ['"usage"', 'token_count"', 'TokenCount"'].map((name) => Buffer.from(name))

function mayTellUsage(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return TELLING.some((name) => bytes.includes(name))
}
