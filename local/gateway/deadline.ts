/** Limits work by its whole time and by its time of silence. */
export interface Deadline {
  /** Aborts with the reason of the first limit that is reached. */
  readonly signal: AbortSignal
  /** Restarts the time of silence. */
  touch(): void
  /** Ends the limits when the work is done. */
  clear(): void
  /** Resolves like `work`, or rejects with the reason of an aborted signal. `work` itself goes on. */
  race<Value>(work: Promise<Value>): Promise<Value>
}

/** Creates a deadline. `reason` makes the error of the failed work. */
export function createDeadline(totalMs: number, silenceMs: number, reason: () => Error): Deadline {
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  expired.promise.catch(() => {})
  const expire = () => {
    const error = reason()
    controller.abort(error)
    expired.reject(error)
  }
  const whole = setTimeout(expire, totalMs)
  const silence = setTimeout(expire, silenceMs)
  return {
    signal: controller.signal,
    touch: () => silence.refresh(),
    clear() {
      clearTimeout(whole)
      clearTimeout(silence)
    },
    race: (work) => Promise.race([work, expired.promise]),
  }
}
