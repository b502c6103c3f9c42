/** Source of time for schedules. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once; returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** Longest delay of a Node timer. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    let timer: NodeJS.Timeout
    const wait = (left: number): void => {
      const delay = Math.min(left, MAX_DELAY_MS)
      timer = setTimeout(() => (left > delay ? wait(left - delay) : run()), delay)
    }
    wait(Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}
