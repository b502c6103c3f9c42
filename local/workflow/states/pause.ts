import { setTimeout } from 'node:timers/promises'

/** Longest time of a timer in Node.js. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Resolves after a time, which may be infinite. Rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  for (let rest = ms; rest > 0; rest -= MAX_TIMER_MS) {
    try {
      await setTimeout(Math.min(rest, MAX_TIMER_MS), undefined, { signal })
    } catch {
      throw signal.reason
    }
  }
}
