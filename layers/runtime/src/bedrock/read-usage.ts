import { errorTypeOf, type RestReply } from '../core/errors.ts'
import { type DetailedUsage, isConverse, type ModelOperation } from '../core/model-call.ts'
import { readEventHead } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'
import { asObject, type PlainObject, parseObject, toBuffer } from '../json/json-document.ts'

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

/** The state of a stream while it passes: as little as shows how it ended and what it used. */
export interface StreamProgress {
  /**
   * Takes note of a frame on its way. Returns the failure that Bedrock itself reports in it, if any.
   *
   * @throws FrameError for headers that do not say what the frame is
   */
  observe(frame: Frame): StreamFailure | undefined
  /** Whether a part of the answer itself has come, and not only its announcement. */
  readonly begun: boolean
  /** Whether the model's own end has come. */
  readonly complete: boolean
  /** Names the end that a stream lacks, for the message. */
  readonly endMarker: string
  /** Empty until Bedrock has stated it. */
  readonly usage: DetailedUsage
  /** The frame in which Bedrock stated the usage. */
  readonly usageFrame: Frame | undefined
}

/** An exception that came as a frame; `type` as in `ModelStreamErrorException`. */
export interface StreamFailure {
  readonly type: string
}

function readFailure(frame: Frame): StreamFailure | undefined {
  const { kind, name } = readEventHead(frame.headers)
  return kind === 'event' ? undefined : { type: errorTypeOf(name) }
}

/** Follows ConverseStream: `messageStop`, and after it `metadata` with the usage, which is the last event of all. */
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

/** Behind a model's last event there may be a usage or a ping, so that the end is looked for among so many. */
const LAST_CHUNKS = 4

/**
 * The beginnings of base64 that hold the name of Bedrock's metrics: its digits depend on the offset in the event, modulo
 * three bytes. Digits that it shares with its neighbours are left out. With them no other chunk needs decoding.
 */
const METRICS_IN_BASE64 = [0, 1, 2].map((offset) => {
  const encoded = Buffer.from(' '.repeat(offset) + INVOCATION_METRICS).toString('base64')
  const wholeDigits = Math.floor((8 * (offset + INVOCATION_METRICS.length)) / 6)
  return Buffer.from(encoded.slice(Math.ceil((8 * offset) / 6), wholeDigits))
})

/**
 * Follows InvokeModelWithResponseStream: the end is inside the last chunks, in the model's own words. They are decoded once
 * the bytes have ended.
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
      // What stays from one read to the next is at most these few; the piece that they are views into is released.
      if (last.length > LAST_CHUNKS) last.shift()
      return undefined
    },
  }
}

/** Members with which families say why they stopped; in every event before they are absent or null. */
const STOP_REASONS = ['stop_reason', 'stopReason', 'finish_reason', 'finishReason', 'completionReason']

/** The model's own event inside a chunk. */
function decodeChunk(payload: Buffer): PlainObject {
  const { bytes } = parseObject(payload)
  return typeof bytes === 'string' ? parseObject(Buffer.from(bytes, 'base64')) : {}
}

/** Bedrock adds its metrics to the last event of every family; models behind other doors may not have them. */
function isLastEvent(event: PlainObject): boolean {
  if (INVOCATION_METRICS in event) return true
  if ('messageStop' in event || 'metadata' in event) return true
  // Claude stops with message_delta and ends with message_stop: between the two it is not over.
  if (typeof event.type === 'string') return event.type === 'message_stop'
  const choices = [event.choices, event.outputs].flat()
  return event.is_finished === true || [event, ...choices].some(hasStopReason)
}

function hasStopReason(part: unknown): boolean {
  return typeof part === 'object' && part !== null && STOP_REASONS.some((name) => Reflect.get(part, name) != null)
}
