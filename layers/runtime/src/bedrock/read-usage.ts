import type { RestReply } from '../core/errors.ts'
import { isConverse, type ModelOperation } from '../core/model-call.ts'
import type { DetailedUsage } from '../core/usage.ts'
import { toBuffer } from '../json/json-document.ts'
import { asObject, type PlainObject, parseObject } from '../json/plain-object.ts'

/** Names under which native bodies state a usage. An answer with none of them, such as media, is never parsed. */
const USAGE_NAMES = ['"usage"', 'token_count"', 'TokenCount"'].map((name) => Buffer.from(name))

/**
 * Reads the usage of a whole answer, which is parsed once: Converse states it in its document, InvokeModel in headers and in
 * the native body.
 */
export function readUsage(
  operation: ModelOperation,
  { headers, body }: Pick<RestReply, 'headers' | 'body'>,
): DetailedUsage {
  if (isConverse(operation)) return readConverseUsage(parseObject(body))
  const bytes = toBuffer(body)
  const isStated = USAGE_NAMES.some((name) => bytes.includes(name))
  // The members of a native body belong together (whether cached tokens are among its input tokens), so they win.
  return { ...readUsageHeaders(headers), ...(isStated && readNativeUsage(parseObject(body))) }
}

/**
 * Reads `usage`, `serviceTier`, `performanceConfig` and `stopReason` of Converse's answer, or of ConverseStream's
 * `metadata`.
 */
export function readConverseUsage(answer: PlainObject): DetailedUsage {
  const usage = asObject(answer.usage)
  const details = Array.isArray(usage.cacheDetails) ? usage.cacheDetails.map(asObject) : []
  return withoutUndefined({
    inputTokens: pickCount(usage, 'inputTokens'),
    outputTokens: pickCount(usage, 'outputTokens'),
    cacheReadInputTokens: pickCount(usage, 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(usage, 'cacheWriteInputTokens'),
    cacheWrite5mInputTokens: sumByTtl(details, '5m'),
    cacheWrite1hInputTokens: sumByTtl(details, '1h'),
    serviceTier: asText(asObject(answer.serviceTier).type),
    latency: asText(asObject(answer.performanceConfig).latency),
    stopReason: asText(answer.stopReason),
  })
}

function sumByTtl(details: readonly PlainObject[], ttl: string): number | undefined {
  const counts = details.filter((detail) => detail.ttl === ttl).map((detail) => pickCount(detail, 'inputTokens') ?? 0)
  return counts.length > 0 ? counts.reduce((sum, count) => sum + count) : undefined
}

/** Headers of InvokeModel's answers. */
const COUNT_HEADERS = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
} as const

/** Reads the usage in the headers of InvokeModel's answer, or of its streaming sibling's. */
export function readUsageHeaders(headers: RestReply['headers']): DetailedUsage {
  const counts = Object.entries(COUNT_HEADERS).map(([member, header]) => {
    // Number('') is 0, and an empty header states nothing.
    const text = headers[header]?.trim()
    return [member, text ? Number(text) : undefined] as const
  })
  const counted = Object.fromEntries(counts)
  return withoutUndefined({
    inputTokens: pickCount(counted, 'inputTokens'),
    outputTokens: pickCount(counted, 'outputTokens'),
    cacheReadInputTokens: pickCount(counted, 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(counted, 'cacheWriteInputTokens'),
    serviceTier: asText(headers['x-amzn-bedrock-service-tier']),
    latency: asText(headers['x-amzn-bedrock-performanceconfig-latency']),
  })
}

/** The member of a native stream's last event in which Bedrock states the usage. */
export const INVOCATION_METRICS = 'amazon-bedrock-invocationMetrics'

/** Reads the usage in `amazon-bedrock-invocationMetrics`. */
export function readInvocationMetrics(metrics: PlainObject): DetailedUsage {
  return withoutUndefined({
    inputTokens: pickCount(metrics, 'inputTokenCount'),
    outputTokens: pickCount(metrics, 'outputTokenCount'),
    cacheReadInputTokens: pickCount(metrics, 'cacheReadInputTokenCount'),
    cacheWriteInputTokens: pickCount(metrics, 'cacheWriteInputTokenCount'),
  })
}

/**
 * Reads the usage of a native answer, or of Claude's `message_start`. The members decide on the form, since a model's id does
 * not always show its family. Families that leave the usage to Bedrock's headers have none.
 *
 * Sources: Anthropic's Messages API; Amazon Nova's and Titan's schemas; Meta Llama's; OpenAI's chat completions.
 */
export function readNativeUsage(answer: PlainObject): DetailedUsage {
  const usage = asObject(answer.usage)
  if ('input_tokens' in usage) return readClaude(usage)
  if ('inputTokens' in usage) return readNova(usage)
  if ('prompt_tokens' in usage) return readOpenAi(usage)
  return readCounts(answer)
}

function readClaude(usage: PlainObject): DetailedUsage {
  const creation = asObject(usage.cache_creation)
  return withoutUndefined({
    inputTokens: pickCount(usage, 'input_tokens'),
    outputTokens: pickCount(usage, 'output_tokens'),
    cacheReadInputTokens: pickCount(usage, 'cache_read_input_tokens'),
    cacheWriteInputTokens: pickCount(usage, 'cache_creation_input_tokens'),
    cacheWrite5mInputTokens: pickCount(creation, 'ephemeral_5m_input_tokens'),
    cacheWrite1hInputTokens: pickCount(creation, 'ephemeral_1h_input_tokens'),
  })
}

function readNova(usage: PlainObject): DetailedUsage {
  return withoutUndefined({
    inputTokens: pickCount(usage, 'inputTokens'),
    outputTokens: pickCount(usage, 'outputTokens'),
    cacheReadInputTokens: pickCount(usage, 'cacheReadInputTokenCount', 'cacheReadInputTokens'),
    cacheWriteInputTokens: pickCount(usage, 'cacheWriteInputTokenCount', 'cacheWriteInputTokens'),
  })
}

/** Here cached tokens are among the prompt's. */
function readOpenAi(usage: PlainObject): DetailedUsage {
  const prompt = pickCount(usage, 'prompt_tokens')
  const cached = pickCount(asObject(usage.prompt_tokens_details), 'cached_tokens')
  return withoutUndefined({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
    outputTokens: pickCount(usage, 'completion_tokens'),
    cacheReadInputTokens: cached,
  })
}

/** Llama, Titan and the embeddings state counts beside the answer; embeddings have no output tokens and state none. */
function readCounts(answer: PlainObject): DetailedUsage {
  const results = Array.isArray(answer.results) ? answer.results.map(asObject) : []
  const generated = results.map((result) => pickCount(result, 'tokenCount') ?? 0)
  return withoutUndefined({
    inputTokens: pickCount(answer, 'prompt_token_count', 'inputTextTokenCount', 'inputTokenCount'),
    outputTokens:
      generated.length > 0
        ? generated.reduce((sum, count) => sum + count)
        : pickCount(answer, 'generation_token_count'),
  })
}

/** The first of these members that is a count of tokens. */
function pickCount(document: PlainObject, ...names: string[]): number | undefined {
  return names.map((name) => document[name]).find(isCount)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function withoutUndefined(
  usage: { [Member in keyof DetailedUsage]: DetailedUsage[Member] | undefined },
): DetailedUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined))
}
