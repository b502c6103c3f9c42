import { pickBedrockHeaders } from '../../bedrock/to-bedrock-request.ts'
import { BedrockError, type RestReply } from '../../core/errors.ts'
import { describeFailure, logger, withTimeout } from '../../core/logging.ts'
import type { ModelCall } from '../../core/model-call.ts'
import type { StoreLoader } from '../../core/store-loader.ts'
import { readJsonIfAny, toBuffer } from '../../json/json-document.ts'
import type { StorageMode, StorageOptions } from '../storage-options.ts'
import { cacheKey, isRepeatable } from './cache-key.ts'

/** The result of a lookup. */
export interface CacheLookup {
  /** undefined where the call does not use the cache. */
  readonly state?: 'hit' | 'miss'
  /** A kept answer. */
  readonly reply?: RestReply
  /** For the answer. */
  readonly headers: Readonly<Record<string, string>>
  /** After a miss: keeps the new answer, where it may be kept. */
  readonly keep?: (reply: RestReply) => Promise<void>
}

export interface ResponseCache {
  /**
   * Looks for a kept answer to the same request of the same caller. Only whole answers that no guardrail has changed are
   * kept, and only for requests that hold all that makes their answer. A cache that fails counts as empty.
   *
   * @param call as it goes to Bedrock: a guardrail that the stack adds is part of the request
   * @throws BedrockError ValidationException for a malformed wish
   */
  find(call: ModelCall): Promise<CacheLookup>
}

export interface ResponseCacheOptions {
  readonly options: Pick<StorageOptions, 'responseCache' | 'responseCacheSeconds'>
  readonly loadStore: StoreLoader
  /** Longest wait for S3 before the model is called all the same, in milliseconds. */
  readonly readLimitMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const READ_LIMIT_MS = 2000
/** Larger answers are media, and take longer to keep than it is worth. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024
/** S3 takes 2 KB of metadata in all. */
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
    // Also false for a value that is no number.
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
      const wish = call.headers[CACHE_HEADER]
      const use = readCacheUse(wish, { mode, maxSeconds })
      const document = use && readJsonIfAny(call.body)
      if (!use || !isRepeatable(call, document)) {
        const isRefused = (mode === 'OFF' || use !== undefined) && wish !== undefined
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
 * Marks of a guardrail in answers of Converse and in native ones. A model that quotes these words loses no more than its
 * place in the cache.
 */
const INTERVENED = ['guardrail_intervened', 'INTERVENED']

function mayBeKept({ statusCode, headers, body }: RestReply): boolean {
  if (statusCode !== 200 || body.length > MAX_KEPT_BYTES) return false
  if (JSON.stringify(pickBedrockHeaders(headers)).length > MAX_HEADERS_LENGTH) return false
  return !INTERVENED.some((word) => toBuffer(body).includes(word))
}

/** In requests the caller's wish, in answers the outcome: `hit; age=SECONDS`, `miss` or `off`. */
export const CACHE_HEADER = 'x-bedrock-functions-cache'

/** The use that one call makes of the cache. */
export interface CacheUse {
  /** Age of the oldest answer that is taken, and life of the answer that is kept, in seconds. */
  readonly ttlSeconds: number
  /** Whether a kept answer may be taken. */
  readonly read: boolean
}

interface CacheLimits {
  readonly mode: StorageMode
  readonly maxSeconds: number
}

/**
 * Reads a caller's wish. `ttl=SECONDS`: take an answer up to that age, keep a new one that long. `no-cache`: call the model
 * and replace the kept answer. `no-store`: take nothing and keep nothing.
 *
 * @returns undefined where the call does not use the cache
 * @throws BedrockError ValidationException for any other wish
 */
export function readCacheUse(value: string | undefined, { mode, maxSeconds }: CacheLimits): CacheUse | undefined {
  const asked = value === undefined ? {} : parse(value)
  if (mode === 'OFF') return undefined
  if (asked.ttlSeconds !== undefined && asked.ttlSeconds > maxSeconds) {
    throw refusal(`ttl is ${asked.ttlSeconds}, this stack's limit is ${maxSeconds} seconds (ResponseCacheSeconds)`)
  }
  const ttlSeconds = asked.ttlSeconds ?? (mode === 'ALL' ? maxSeconds : undefined)
  return asked.noStore || ttlSeconds === undefined ? undefined : { ttlSeconds, read: !asked.noCache }
}

interface Asked {
  ttlSeconds?: number
  noCache?: boolean
  noStore?: boolean
}

function parse(value: string): Asked {
  const asked: Asked = {}
  for (const word of value.split(/[,;]/).map((item) => item.trim().toLowerCase())) {
    const ttl = /^ttl\s*=\s*(\d{1,9})$/.exec(word)?.[1]
    if (word === 'no-cache') asked.noCache = true
    else if (word === 'no-store') asked.noStore = true
    else if (Number(ttl) > 0) asked.ttlSeconds = Number(ttl)
    else throw refusal(`holds "${word.slice(0, 50)}"`)
  }
  return asked
}

function refusal(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${CACHE_HEADER}: ${fact}. It is ttl=SECONDS (1 or more), no-cache or no-store.`,
  )
}
