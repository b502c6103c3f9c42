import type { OperationName } from './http/route-operation.ts'

/** A requested failure, for tests of S3's callers. */
export interface S3Fault {
  /** All operations when left out. */
  readonly operation?: OperationName
  /** All keys, and requests without a key, when left out. */
  readonly keyPrefix?: string
  readonly status: number
  /** Error code of the answer: SlowDown, InternalError, … */
  readonly code: string
  /** Number of requests that fail. */
  readonly times: number
  /**
   * `before` (default): the operation does not run. `after`: the operation takes effect and only its answer is replaced,
   * as when a connection breaks.
   */
  readonly stage?: 'before' | 'after'
}

export interface FaultSwitch {
  /** Replaces the fault; undefined removes it. */
  set(fault: S3Fault | undefined): void
  /** Returns the fault for this request and counts it. */
  take(request: FaultyRequest): S3Fault | undefined
}

interface FaultyRequest {
  readonly operation: OperationName
  readonly key: string | undefined
}

export function createFaultSwitch(initial?: S3Fault): FaultSwitch {
  let current = initial
  let left = initial?.times ?? 0
  return {
    set(fault) {
      current = fault
      left = fault?.times ?? 0
    },
    take({ operation, key }) {
      if (!current || left < 1) return undefined
      if (current.operation !== undefined && current.operation !== operation) return undefined
      if (current.keyPrefix !== undefined && !key?.startsWith(current.keyPrefix)) return undefined
      left -= 1
      return current
    },
  }
}
