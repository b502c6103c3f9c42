/** Time as schedules see it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once; returns how to call it off. */
  after(milliseconds: number, run: () => void): () => void
}

/** Node's timers take no longer delay. */
const LONGEST_DELAY_MILLISECONDS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    let timer: NodeJS.Timeout
    const wait = (left: number): void => {
      const delay = Math.min(left, LONGEST_DELAY_MILLISECONDS)
      timer = setTimeout(() => (left > delay ? wait(left - delay) : run()), delay)
    }
    wait(Math.max(0, milliseconds))
    return () => clearTimeout(timer)
  },
}
