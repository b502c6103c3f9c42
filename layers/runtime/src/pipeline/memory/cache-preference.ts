import { BedrockError } from '../../core/errors.ts'
import type { MemoryMode } from './memory-configuration.ts'

/** In requests what the caller wants of the cache, in answers what became of it. */
export const CACHE_HEADER = 'x-bedrock-functions-cache'

/** How one call uses the cache. */
export interface CacheUse {
  /** Oldest answer that is taken, and life of the one that is kept, in seconds. */
  readonly ttlSeconds: number
  /** Whether a kept answer is taken. */
  readonly read: boolean
}

interface CacheLimits {
  readonly mode: MemoryMode
  readonly mostSeconds: number
}

/**
 * `ttl=SECONDS`: an answer that old will do, and the new one is kept that long. `no-cache`: a new answer, which takes the
 * kept one's place. `no-store`: nothing is taken and nothing kept.
 *
 * @returns undefined where the call has nothing to do with the cache
 * @throws BedrockError ValidationException for what is none of these
 */
export function readCacheUse(value: string | undefined, { mode, mostSeconds }: CacheLimits): CacheUse | undefined {
  const asked = value === undefined ? {} : parse(value)
  if (mode === 'OFF') return undefined
  if (asked.ttlSeconds !== undefined && asked.ttlSeconds > mostSeconds) {
    throw refusal(`ttl is ${asked.ttlSeconds}, this stack's limit is ${mostSeconds} seconds (ResponseCacheSeconds)`)
  }
  const ttlSeconds = asked.ttlSeconds ?? (mode === 'ALL' ? mostSeconds : undefined)
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
