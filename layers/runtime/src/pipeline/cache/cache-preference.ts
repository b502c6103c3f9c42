import { BedrockError } from '../../core/errors.ts'
import type { StorageMode } from '../storage-options.ts'

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
