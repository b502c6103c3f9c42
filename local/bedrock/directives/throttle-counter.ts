/** Counts the attempts of a request for `throttle=N`. */
export interface ThrottleCounter {
  /** Returns true for the first `limit` attempts of `key`, then false once and starts again. */
  refuses(key: string, limit: number): boolean
}

/** Limit of counts, since clients may give up; the oldest are dropped. */
const MAX_KEYS = 10_000

export function createThrottleCounter(): ThrottleCounter {
  const tries = new Map<string, number>()
  return {
    refuses(key, limit) {
      const tried = tries.get(key) ?? 0
      tries.delete(key)
      if (tried >= limit) return false
      tries.set(key, tried + 1)
      const [oldest] = tries.keys()
      if (tries.size > MAX_KEYS && oldest !== undefined) tries.delete(oldest)
      return true
    },
  }
}
