import { passedOn } from '../../bedrock/to-bedrock-request.ts'
import type { RestReply } from '../../core/errors.ts'
import { logger } from '../../core/logger.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { type Afterwards, describeFailure, within } from '../../http/deferred-work.ts'
import { cacheKey } from './cache-key.ts'
import { CACHE_HEADER, readCacheUse } from './cache-preference.ts'
import type { MemoryConfiguration } from './memory-configuration.ts'
import { isRepeatable } from './repeatable.ts'
import type { StoreLoader } from './store-loader.ts'

/** An answer, and what to tell of the cache in its headers. */
export type CachedOutcome<Reply extends RestReply> = (
  | { readonly isHit: true; readonly reply: RestReply }
  | { readonly isHit: false; readonly reply: Reply }
) & { readonly headers: Readonly<Record<string, string>> }

export interface ResponseCache {
  /**
   * A kept answer to the same request of the same caller, or a new one, which is kept where it may be: whole answers that
   * no guardrail has changed, to requests that say all that makes it. A cache that fails is one that has nothing.
   *
   * @param call as it goes to Bedrock: what the stack adds to it, such as a guardrail, is part of what was asked
   * @throws BedrockError ValidationException for a wish that is none; what `send` throws
   */
  answer<Reply extends RestReply>(
    call: ModelCall,
    send: () => Promise<Reply>,
    afterwards: Afterwards,
  ): Promise<CachedOutcome<Reply>>
}

export interface ResponseCacheOptions {
  readonly configuration: Pick<MemoryConfiguration, 'responseCache' | 'responseCacheSeconds'>
  readonly loadStore: StoreLoader
  /** Longest wait for S3 before the model is called all the same, in milliseconds. */
  readonly readLimitMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const READ_LIMIT_MS = 2000
/** Larger answers are media, and take longer to keep than it is worth. */
const LARGEST_KEPT_BYTES = 8 * 1024 * 1024
/** S3 takes 2 KB of metadata in all. */
const LONGEST_HEADERS = 1500

export function createResponseCache({
  configuration: { responseCache: mode, responseCacheSeconds: mostSeconds },
  loadStore,
  readLimitMs = READ_LIMIT_MS,
  now = Date.now,
}: ResponseCacheOptions): ResponseCache {
  async function find(key: string, ttlSeconds: number): Promise<{ reply: RestReply; age: number } | undefined> {
    const store = await loadStore()
    const stored = await store.get({ bucket: store.bucket, key })
    if (!stored) return undefined
    const { 'kept-at': keptAt, ttl, headers = '{}' } = stored.metadata
    const age = Math.max(0, Math.floor((now() - Number(keptAt)) / 1000))
    // Not so either for what is no number.
    if (!(age < Math.min(Number(ttl), ttlSeconds))) return undefined
    return { reply: { statusCode: 200, headers: JSON.parse(headers), body: stored.body }, age }
  }

  async function keep(key: string, { body, headers }: RestReply, ttlSeconds: number): Promise<void> {
    const store = await loadStore()
    const metadata = { 'kept-at': String(now()), ttl: String(ttlSeconds), headers: JSON.stringify(passedOn(headers)) }
    await store.put({ bucket: store.bucket, key }, body, { contentType: 'application/octet-stream', metadata })
  }

  return {
    async answer(call, send, afterwards) {
      const wish = call.headers[CACHE_HEADER]
      const use = readCacheUse(wish, { mode, mostSeconds })
      if (!use || !isRepeatable(call)) {
        const isRefused = (mode === 'OFF' || use !== undefined) && wish !== undefined
        return { isHit: false, reply: await send(), headers: isRefused ? { [CACHE_HEADER]: 'off' } : {} }
      }
      const { ttlSeconds } = use
      const key = cacheKey(call)
      const found = use.read ? await within(readLimitMs, find(key, ttlSeconds)).catch(reportMiss) : undefined
      call.facts.cache = found ? 'hit' : 'miss'
      if (found) {
        return { isHit: true, reply: found.reply, headers: { [CACHE_HEADER]: `hit; age=${found.age}` } }
      }
      const reply = await send()
      if (mayBeKept(reply)) afterwards('ResponseCache', () => keep(key, reply, ttlSeconds))
      return { isHit: false, reply, headers: { [CACHE_HEADER]: 'miss' } }
    },
  }
}

function reportMiss(error: unknown): undefined {
  logger.warn('ResponseCache could not be read', describeFailure(error))
}

/**
 * What a guardrail says of an answer, in Converse and in native bodies. A model that quotes these words loses no more than
 * its place in the cache.
 */
const INTERVENED = ['guardrail_intervened', 'INTERVENED']

function mayBeKept({ statusCode, headers, body }: RestReply): boolean {
  if (statusCode !== 200 || body.length > LARGEST_KEPT_BYTES) return false
  if (JSON.stringify(passedOn(headers)).length > LONGEST_HEADERS) return false
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return !INTERVENED.some((word) => bytes.includes(word))
}
