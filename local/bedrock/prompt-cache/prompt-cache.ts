import type { Clock } from '../async-invoke/clock.ts'

export type CacheTtl = '5m' | '1h'

/** A prefix of a request to cache. */
export interface CachedPrefix {
  readonly ttl: CacheTtl
  /** Hash of the whole input up to the point. */
  readonly hash: string
  /** Tokens of that input. */
  readonly tokens: number
}

/** Tokens read from and written to the cache by a request. */
export interface CacheUse {
  readonly read: number
  readonly written: Readonly<Record<CacheTtl, number>>
}

export interface PromptCache {
  /**
   * Finds the longest cached prefix, and caches the longer ones.
   *
   * @param scope caller and model; prefixes of other scopes are not found
   * @param prefixes the shortest first
   */
  use(scope: string, prefixes: readonly CachedPrefix[]): CacheUse
}

const LIFETIMES: Readonly<Record<CacheTtl, number>> = { '5m': 5 * 60_000, '1h': 60 * 60_000 }

/** Limit of cached prefixes; the oldest are dropped. */
const MAX_ENTRIES = 10_000

interface Entry {
  readonly lifetime: number
  readonly expiresAt: number
}

/** Cache of prefix hashes in memory; it keeps no prompt text. */
export function createPromptCache(clock: Pick<Clock, 'now'>): PromptCache {
  const entries = new Map<string, Entry>()

  function findLive(key: string, now: number): Entry | undefined {
    const entry = entries.get(key)
    return entry && entry.expiresAt > now ? entry : undefined
  }

  function keep(key: string, lifetime: number, now: number): void {
    entries.delete(key)
    entries.set(key, { lifetime, expiresAt: now + lifetime })
    const [oldest] = entries.keys()
    if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest)
  }

  return {
    use(scope, prefixes) {
      const now = clock.now()
      const keyOf = ({ hash }: CachedPrefix): string => `${scope} ${hash}`
      const hit = prefixes.findLastIndex((prefix) => findLive(keyOf(prefix), now))
      const written = { '5m': 0, '1h': 0 }
      let covered = prefixes[hit]?.tokens ?? 0
      for (const [index, prefix] of prefixes.entries()) {
        const live = findLive(keyOf(prefix), now)
        // A read refreshes the entry.
        if (index <= hit && live) keep(keyOf(prefix), live.lifetime, now)
        if (index <= hit) continue
        written[prefix.ttl] += prefix.tokens - covered
        covered = prefix.tokens
        keep(keyOf(prefix), LIFETIMES[prefix.ttl], now)
      }
      return { read: prefixes[hit]?.tokens ?? 0, written }
    },
  }
}
