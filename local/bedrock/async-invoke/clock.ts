/** Time, for tests to take into their own hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once; what it returns calls that off. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
