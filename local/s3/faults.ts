import type { OperationName } from './http/route-operation.ts'

/** A failure on request, for tests of what calls S3. */
export interface S3Fault {
  /** Every operation when left out. */
  readonly operation?: OperationName
  /** Every key, and requests without one, when left out. */
  readonly keyPrefix?: string
  readonly status: number
  /** The error's code in the answer: SlowDown, InternalError, … */
  readonly code: string
  /** How many requests it meets; then it is gone. */
  readonly times: number
  /**
   * `before` (default): nothing has happened. `after`: the operation has taken effect and only its answer is replaced, as
   * when a connection breaks.
   */
  readonly stage?: 'before' | 'after'
}

export interface FaultSwitch {
  /** Undefined takes the fault away. */
  set(fault: S3Fault | undefined): void
  /** The fault that this request is to meet, which is one time less then. */
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
