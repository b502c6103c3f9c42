/** Source of time, which tests replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
