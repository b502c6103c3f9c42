/** Counts the tries of one request, so that `throttle=N` lets the one after N through. */
export interface ThrottleCounter {
  /** True for the first `limit` tries of `key`, then false once; the next try counts from the start. */
  refuses(key: string, limit: number): boolean
}

/** Clients that give up leave their count behind: the oldest go first. */
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
