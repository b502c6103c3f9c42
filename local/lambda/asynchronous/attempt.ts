import { FunctionError, TooManyRequestsError } from '../errors.ts'
import type { AcceptedEvent, FailedResponse } from './model.ts'

export interface InvocationResult {
  readonly requestId: string
  /** Defined when the payload is an error. */
  readonly functionError?: 'Unhandled' | 'Handled'
  readonly payload: Buffer
}

/**
 * Runs the function. It rejects with a FunctionError when the function failed, and with another error when the function did
 * not end by itself (throttled, or the stack stops).
 */
export type Invoke = (
  functionName: string,
  payload: Buffer,
  options: { readonly requestId: string },
) => Promise<InvocationResult>

/** End of an attempt. `postponed` does not count, because the function did not fail. */
export type Attempt =
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'failed'; readonly response: FailedResponse; readonly errorType: string }
  | { readonly outcome: 'postponed'; readonly errorType: string }

export async function runAttempt(
  invoke: Invoke,
  { functionName, payload, requestId }: AcceptedEvent,
): Promise<Attempt> {
  try {
    const result = await invoke(functionName, Buffer.from(payload), { requestId })
    if (!result.functionError) return { outcome: 'succeeded' }
    const text = result.payload.toString()
    return {
      outcome: 'failed',
      response: { functionError: result.functionError, payload: text },
      errorType: typeIn(text),
    }
  } catch (error) {
    if (error instanceof FunctionError) {
      const response = { functionError: 'Unhandled', payload: JSON.stringify(error) } as const
      return { outcome: 'failed', response, errorType: error.errorType }
    }
    const errorType =
      error instanceof TooManyRequestsError ? 'Throttled' : error instanceof Error ? error.name : 'Error'
    return { outcome: 'postponed', errorType }
  }
}

function typeIn(payload: string): string {
  try {
    return String(JSON.parse(payload).errorType)
  } catch {
    return 'Error'
  }
}
