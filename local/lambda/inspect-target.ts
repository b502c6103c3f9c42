/** A function to debug, and where its inspector listens on 127.0.0.1. */
export interface InspectTarget {
  readonly functionName: string
  readonly port: number
}

/** While a function is debugged it may stand still for as long as timers reach, some 24 days. */
export const INSPECTED_LIMIT_MS = 2 ** 31 - 1
