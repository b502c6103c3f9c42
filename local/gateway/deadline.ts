/** Bounds a piece of work by a whole time and by a time of silence. */
export interface Deadline {
  /** Aborted with the reason of whichever bound came first. */
  readonly signal: AbortSignal
  /** Something came: the silence begins anew. */
  touch(): void
  /** To be called when the work is done. */
  clear(): void
  /** `work`, or the signal's reason as soon as it is aborted; `work` itself goes on. */
  race<Value>(work: Promise<Value>): Promise<Value>
}

/** Milliseconds; `reason` makes the error that the work then fails with. */
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
