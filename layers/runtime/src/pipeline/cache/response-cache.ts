import { pickBedrockHeaders } from '../../bedrock/to-bedrock-request.ts'
import { BedrockError, type RestReply } from '../../core/errors.ts'
import { describeFailure, logger, withTimeout } from '../../core/logging.ts'
import type { ModelCall } from '../../core/model-call.ts'
import type { StoreLoader } from '../../core/store-loader.ts'
import { readJsonIfAny, toBuffer } from '../../json/json-document.ts'
import type { StorageMode, StorageOptions } from '../storage-options.ts'
import { cacheKey, isRepeatable } from './cache-key.ts'

/** Result of a lookup. */
export interface CacheLookup {
  /** State; undefined if the call does not use the cache. */
  readonly state?: 'hit' | 'miss'
  /** Cached answer, after a hit. */
  readonly reply?: RestReply
  /** Headers for the answer. */
  readonly headers: Readonly<Record<string, string>>
  /** Stores the new answer, after a miss, if it may be stored. */
  readonly keep?: (reply: RestReply) => Promise<void>
}

export interface ResponseCache {
  /**
   * Looks for a stored answer to the same request of the same caller. Only complete answers without an intervention of a
   * guardrail are stored, and only if the answer depends on the request alone. A failure of the cache counts as a miss.
   *
   * @param call call as it is sent to Bedrock, since the stack's guardrail is part of the request
   * @throws BedrockError ValidationException for a malformed header
   */
  find(call: ModelCall): Promise<CacheLookup>
}

export interface ResponseCacheOptions {
  readonly options: Pick<StorageOptions, 'responseCache' | 'responseCacheSeconds'>
  readonly loadStore: StoreLoader
  /** Longest wait for S3 before the model is called, in milliseconds. */
  readonly readLimitMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const READ_LIMIT_MS = 2000
/** Limit of a stored answer, in bytes. Larger answers are media, which take too long to store. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024
/** Limit of the stored headers, in characters. S3 allows 2 KB of metadata. */
const MAX_HEADERS_LENGTH = 1500

export function createResponseCache({
  options: { responseCache: mode, responseCacheSeconds: maxSeconds },
  loadStore,
  readLimitMs = READ_LIMIT_MS,
  now = Date.now,
}: ResponseCacheOptions): ResponseCache {
  async function read(key: string, ttlSeconds: number): Promise<{ reply: RestReply; age: number } | undefined> {
    const store = await loadStore()
    const stored = await store.get({ bucket: store.bucket, key })
    if (!stored) return undefined
    const { 'kept-at': keptAt, ttl, headers = '{}' } = stored.metadata
    const age = Math.max(0, Math.floor((now() - Number(keptAt)) / 1000))
    // Also false if a value is not a number.
    if (!(age < Math.min(Number(ttl), ttlSeconds))) return undefined
    return { reply: { statusCode: 200, headers: JSON.parse(headers), body: stored.body }, age }
  }

  async function keep(key: string, reply: RestReply, ttlSeconds: number): Promise<void> {
    if (!mayBeKept(reply)) return
    const store = await loadStore()
    const headers = JSON.stringify(pickBedrockHeaders(reply.headers))
    const metadata = { 'kept-at': String(now()), ttl: String(ttlSeconds), headers }
    await store.put({ bucket: store.bucket, key }, reply.body, { contentType: 'application/octet-stream', metadata })
  }

  return {
    async find(call) {
      const directive = call.headers[CACHE_HEADER]
      const use = readCacheUse(directive, { mode, maxSeconds })
      const document = use && readJsonIfAny(call.body)
      if (!use || !isRepeatable(call, document)) {
        const isRefused = (mode === 'OFF' || use !== undefined) && directive !== undefined
        return { headers: isRefused ? { [CACHE_HEADER]: 'off' } : {} }
      }
      const { ttlSeconds } = use
      const key = cacheKey(call, document)
      const found = use.read ? await withTimeout(readLimitMs, read(key, ttlSeconds)).catch(reportMiss) : undefined
      if (found) return { state: 'hit', reply: found.reply, headers: { [CACHE_HEADER]: `hit; age=${found.age}` } }
      return { state: 'miss', headers: { [CACHE_HEADER]: 'miss' }, keep: (reply) => keep(key, reply, ttlSeconds) }
    },
  }
}

function reportMiss(error: unknown): undefined {
  logger.warn('ResponseCache could not be read', describeFailure(error))
}

/**
 * Marks of a guardrail's intervention in answers of Converse and in native answers. If a model quotes these words, its answer
 * is only not stored.
 */
const INTERVENED = ['guardrail_intervened', 'INTERVENED']

function mayBeKept({ statusCode, headers, body }: RestReply): boolean {
  if (statusCode !== 200 || body.length > MAX_KEPT_BYTES) return false
  if (JSON.stringify(pickBedrockHeaders(headers)).length > MAX_HEADERS_LENGTH) return false
  return !INTERVENED.some((word) => toBuffer(body).includes(word))
}

/** Header with the caller's directive in requests, and with the result in answers: `hit; age=SECONDS`, `miss` or `off`. */
export const CACHE_HEADER = 'x-bedrock-functions-cache'

/** Use of the cache by one call. */
export interface CacheUse {
  /** Oldest age of a cached answer to use, and lifetime of a stored answer, in seconds. */
  readonly ttlSeconds: number
  /** True if a cached answer may be used. */
  readonly read: boolean
}

interface CacheLimits {
  readonly mode: StorageMode
  readonly maxSeconds: number
}

/**
 * Reads a caller's directive. `ttl=SECONDS`: use an answer up to this age, and store a new one for this time. `no-cache`: call
 * the model and replace the stored answer. `no-store`: do not use the cache.
 *
 * @returns undefined if the call does not use the cache
 * @throws BedrockError ValidationException for any other directive
 */
export function readCacheUse(value: string | undefined, { mode, maxSeconds }: CacheLimits): CacheUse | undefined {
  const directive = value === undefined ? {} : parseDirective(value)
  if (mode === 'OFF') return undefined
  if (directive.ttlSeconds !== undefined && directive.ttlSeconds > maxSeconds) {
    throw refusal(`ttl is ${directive.ttlSeconds}, this stack's limit is ${maxSeconds} seconds (ResponseCacheSeconds)`)
  }
  const ttlSeconds = directive.ttlSeconds ?? (mode === 'ALL' ? maxSeconds : undefined)
  return directive.noStore || ttlSeconds === undefined ? undefined : { ttlSeconds, read: !directive.noCache }
}

interface CacheDirective {
  ttlSeconds?: number
  noCache?: boolean
  noStore?: boolean
}

function parseDirective(value: string): CacheDirective {
  const directive: CacheDirective = {}
  for (const word of value.split(/[,;]/).map((item) => item.trim().toLowerCase())) {
    const ttl = /^ttl\s*=\s*(\d{1,9})$/.exec(word)?.[1]
    if (word === 'no-cache') directive.noCache = true
    else if (word === 'no-store') directive.noStore = true
    else if (Number(ttl) > 0) directive.ttlSeconds = Number(ttl)
    else throw refusal(`holds "${word.slice(0, 50)}"`)
  }
  return directive
}

function refusal(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${CACHE_HEADER}: ${fact}. It is ttl=SECONDS (1 or more), no-cache or no-store.`,
  )
}
