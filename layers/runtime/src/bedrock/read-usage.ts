import { errorTypeOf, type RestReply } from '../core/errors.ts'
import { type DetailedUsage, isConverse, type ModelOperation } from '../core/model-call.ts'
import { readEventHead } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'
import { asObject, type PlainObject, parseObject, toBuffer } from '../json/json-document.ts'
import { parseMembers } from '../json/parse-members.ts'

/** Member names of usages in native bodies. An answer without them, such as media, is not parsed. */
const USAGE_NAMES = ['"usage"', 'token_count"', 'TokenCount"'].map((name) => Buffer.from(name))

/** Members of an answer of Converse that `readConverseUsage` reads. */
const CONVERSE_MEMBERS = ['performanceConfig', 'serviceTier', 'stopReason', 'usage'] as const

/**
 * Reads the usage of an answer that does not stream. Converse states it in its document, InvokeModel in headers and in the
 * native body.
 */
export function readUsage(
  operation: ModelOperation,
  { headers, body }: Pick<RestReply, 'headers' | 'body'>,
): DetailedUsage {
  if (isConverse(operation)) return readConverseUsage(parseMembers(body, CONVERSE_MEMBERS))
  const bytes = toBuffer(body)
  const isStated = USAGE_NAMES.some((name) => bytes.includes(name))
  // The native body overrides the headers: its counts agree on whether input tokens include cached tokens.
  return { ...readUsageHeaders(headers), ...(isStated && readNativeUsage(parseObject(body))) }
}

/**
 * Reads `usage`, `serviceTier`, `performanceConfig` and `stopReason` of an answer of Converse, or of the event `metadata` of
 * ConverseStream.
 */
export function readConverseUsage(answer: PlainObject): DetailedUsage {
  const usage = asObject(answer.usage)
  const details = Array.isArray(usage.cacheDetails) ? usage.cacheDetails.map(asObject) : []
  return withoutUndefined({
    inputTokens: pickCount(usage, 'inputTokens'),
    outputTokens: pickCount(usage, 'outputTokens'),
    inputSpeechTokens: pickCount(usage, 'inputSpeechTokens'),
    outputSpeechTokens: pickCount(usage, 'outputSpeechTokens'),
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

/** Headers of InvokeModel's answers with counts of tokens. */
const COUNT_HEADERS = {
  inputTokens: 'x-amzn-bedrock-input-token-count',
  outputTokens: 'x-amzn-bedrock-output-token-count',
  cacheReadInputTokens: 'x-amzn-bedrock-cache-read-input-token-count',
  cacheWriteInputTokens: 'x-amzn-bedrock-cache-write-input-token-count',
} as const

/** Reads the usage in the headers of an answer of InvokeModel or InvokeModelWithResponseStream. */
export function readUsageHeaders(headers: RestReply['headers']): DetailedUsage {
  const counts = Object.entries(COUNT_HEADERS).map(([member, header]) => {
    // An empty header states nothing, but Number('') is 0.
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

/** Member of a native stream's last event in which Bedrock states the usage. */
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
 * Reads the usage of a native answer, or of Claude's `message_start`. The members show the family, since a model id does not
 * always. Families whose usage is only in Bedrock's headers give an empty usage.
 *
 * Sources: Anthropic's Messages API; Amazon Nova's and Titan's schemas; Meta Llama's; OpenAI's chat completions and
 * Responses API.
 */
export function readNativeUsage(answer: PlainObject): DetailedUsage {
  const usage = asObject(answer.usage)
  if ('input_tokens_details' in usage) return readResponses(usage)
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

/** Reads the usage of OpenAI's Responses API. Its input tokens include cached tokens. */
function readResponses(usage: PlainObject): DetailedUsage {
  const input = pickCount(usage, 'input_tokens')
  const cached = pickCount(asObject(usage.input_tokens_details), 'cached_tokens')
  return withoutUndefined({
    inputTokens: input === undefined ? undefined : Math.max(0, input - (cached ?? 0)),
    outputTokens: pickCount(usage, 'output_tokens'),
    cacheReadInputTokens: cached,
  })
}

/** Reads OpenAI's usage. Its prompt tokens include cached tokens. */
function readOpenAi(usage: PlainObject): DetailedUsage {
  const prompt = pickCount(usage, 'prompt_tokens')
  const cached = pickCount(asObject(usage.prompt_tokens_details), 'cached_tokens')
  return withoutUndefined({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cached ?? 0)),
    outputTokens: pickCount(usage, 'completion_tokens'),
    cacheReadInputTokens: cached,
  })
}

/**
 * Reads counts at the top level of the answer, as Llama, Titan and embedding models state them. Embeddings have no output
 * tokens.
 */
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

/** Returns the first of these members that is a count of tokens. */
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

/** State of a stream in progress: how it ended and its usage. */
export interface StreamProgress {
  /**
   * Observes a frame. Returns the failure that Bedrock reports in it, if any.
   *
   * @throws FrameError for headers that are malformed or incomplete
   */
  observe(frame: Frame): StreamFailure | undefined
  /** True if a part of the answer has come, not only its start event. */
  readonly begun: boolean
  /** True if the last event of the model has come. */
  readonly complete: boolean
  /** Name of the last event, for the message about a stream without it. */
  readonly endMarker: string
  /** Usage; empty until Bedrock has stated it. */
  readonly usage: DetailedUsage
  /** Frame in which Bedrock stated the usage. */
  readonly usageFrame: Frame | undefined
}

/** Exception in a frame; `type` e.g. `ModelStreamErrorException`. */
export interface StreamFailure {
  readonly type: string
}

function readFailure(frame: Frame): StreamFailure | undefined {
  const { kind, name } = readEventHead(frame.headers)
  return kind === 'event' ? undefined : { type: errorTypeOf(name) }
}

/** Follows a ConverseStream. Its last events are `messageStop`, and `metadata` with the usage. */
export function followConverse(): StreamProgress {
  let begun = false
  let stopped = false
  let usageFrame: Frame | undefined
  let usage: DetailedUsage = {}
  return {
    endMarker: 'messageStop and metadata',
    get begun() {
      return begun
    },
    get complete() {
      return stopped && usageFrame !== undefined
    },
    get usage() {
      return usage
    },
    get usageFrame() {
      return usageFrame
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      const { name } = readEventHead(frame.headers)
      if (name === 'messageStop') stopped = true
      else if (name === 'metadata') {
        usageFrame = frame
        usage = readConverseUsage(parseObject(frame.payload))
      } else if (name !== 'messageStart') begun = true
      return undefined
    },
  }
}

/** Number of last chunks that are searched for the end: a usage or a ping may follow the model's last event. */
const LAST_CHUNKS = 4

/**
 * Base64 digits of the name of Bedrock's metrics at each offset modulo three bytes, without the digits that it shares with
 * neighbouring bytes. Only chunks with these digits need decoding.
 */
const METRICS_IN_BASE64 = [0, 1, 2].map((offset) => {
  const encoded = Buffer.from(' '.repeat(offset) + INVOCATION_METRICS).toString('base64')
  const wholeDigits = Math.floor((8 * (offset + INVOCATION_METRICS.length)) / 6)
  return Buffer.from(encoded.slice(Math.ceil((8 * offset) / 6), wholeDigits))
})

/**
 * Follows an InvokeModelWithResponseStream. The end is in the last chunks, in the model's own format. They are decoded after
 * the last byte.
 */
export function followInvokeModel(): StreamProgress {
  const last: Buffer[] = []
  let firstUsage: DetailedUsage | undefined
  let usageFrame: Frame | undefined
  let usage: DetailedUsage = {}

  function readMetrics(frame: Frame): void {
    if (!METRICS_IN_BASE64.some((name) => frame.payload.includes(name))) return
    const metrics = decodeChunk(frame.payload)[INVOCATION_METRICS]
    if (metrics === undefined) return
    usageFrame = frame
    usage = { ...firstUsage, ...readInvocationMetrics(asObject(metrics)) }
  }

  return {
    endMarker: "the model's own last event",
    get begun() {
      return last.length > 0
    },
    get complete() {
      return last.some((payload) => isLastEvent(decodeChunk(payload)))
    },
    get usage() {
      return usage
    },
    get usageFrame() {
      return usageFrame
    },
    observe(frame) {
      const failure = readFailure(frame)
      if (failure) return failure
      // Only Claude's first event says how long tokens written to the cache are kept.
      firstUsage ??= readNativeUsage(asObject(decodeChunk(frame.payload).message))
      readMetrics(frame)
      last.push(frame.payload)
      // Payloads are views into the pieces that were read. Few are kept, so that older pieces are released.
      if (last.length > LAST_CHUNKS) last.shift()
      return undefined
    },
  }
}

/** Members with the stop reason of each family. They are absent or null in earlier events. */
const STOP_REASONS = ['stop_reason', 'stopReason', 'finish_reason', 'finishReason', 'completionReason']

/** Decodes the model's event in a chunk. */
function decodeChunk(payload: Buffer): PlainObject {
  const { bytes } = parseObject(payload)
  return typeof bytes === 'string' ? parseObject(Buffer.from(bytes, 'base64')) : {}
}

/** Tests whether an event is the model's last. Bedrock adds its metrics to it, but other servers may not. */
function isLastEvent(event: PlainObject): boolean {
  if (INVOCATION_METRICS in event) return true
  if ('messageStop' in event || 'metadata' in event) return true
  // Claude's message_delta has the stop reason, but message_stop is the last event.
  if (typeof event.type === 'string') return event.type === 'message_stop'
  const choices = [event.choices, event.outputs].flat()
  return event.is_finished === true || [event, ...choices].some(hasStopReason)
}

function hasStopReason(part: unknown): boolean {
  return typeof part === 'object' && part !== null && STOP_REASONS.some((name) => Reflect.get(part, name) != null)
}
