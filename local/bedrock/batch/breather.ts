import { setImmediate as nextTurn } from 'node:timers/promises'

/** Gives other work its turn while a job runs. */
export interface Breather {
  /** Resolves at once, or after a turn of the event loop when the last one was some milliseconds ago. Rejects once aborted. */
  breathe(): Promise<void>
}

const LONGEST_TURN_MS = 5

export function createBreather(signal: AbortSignal): Breather {
  let lastTurn = performance.now()
  return {
    async breathe() {
      if (performance.now() - lastTurn > LONGEST_TURN_MS) {
        await nextTurn()
        lastTurn = performance.now()
      }
      signal.throwIfAborted()
    },
  }
}
