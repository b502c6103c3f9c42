import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Clock } from '../async-invoke/clock.ts'
import { validationError } from '../messages.ts'
import { sessionMessages } from './messages.ts'

/** Longest time of a connection. Source: Nova Sonic's guide. */
export const MAX_SESSION_MS = 8 * 60_000

/** Longest time without an event of the client. AWS documents the exception but not the time: the number is ours. */
export const MAX_IDLE_MS = 55_000

/** Times of a session that has started. */
export interface SessionLimits {
  /** Begins the time without an event again. */
  touch(): void
  /** Stops the time without an event: the client has nothing more to say. */
  finish(): void
  /** Stops both times. */
  stop(): void
}

/** Starts both times of a session; `end` gets the exception of the first that is over. */
export function startLimits(clock: Clock, end: (error: Error) => void): SessionLimits {
  let touchedAt = clock.now()
  const cancelTotal = clock.after(MAX_SESSION_MS, () =>
    end(new BedrockError('ModelTimeoutException', sessionMessages.tooLong)),
  )
  // Audio comes 31 times a second: a timer per event would cost more than its check at the end.
  const check = (): void => {
    const remainingMs = touchedAt + MAX_IDLE_MS - clock.now()
    if (remainingMs <= 0) end(validationError(sessionMessages.idle))
    else cancelIdle = clock.after(remainingMs, check)
  }
  let cancelIdle = clock.after(MAX_IDLE_MS, check)
  return {
    touch() {
      touchedAt = clock.now()
    },
    finish: () => cancelIdle(),
    stop() {
      cancelTotal()
      cancelIdle()
    },
  }
}
