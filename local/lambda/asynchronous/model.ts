/** Source: Lambda developer guide, "Lambda quotas": the payload of an asynchronous invocation, 1 MB. */
export const EVENT_LIMIT_BYTES = 1_048_576

/** What Lambda knows of a function's asynchronous invocations. */
export interface AsynchronousFunction {
  readonly functionName: string
  readonly arn: string
  /** The most invocations at once, where they are reserved. */
  readonly reservedConcurrency?: number | undefined
  /** Beyond the first attempt. */
  readonly maximumRetryAttempts: number
  readonly maximumEventAgeSeconds: number
  /** The queue that gets a record of each event that failed for good. */
  readonly onFailure?: { readonly resource: string }
}

/** Why there are no more attempts. */
export type FailureCondition = 'RetriesExhausted' | 'EventAgeExceeded'

export interface AcceptedEvent {
  /** Of all attempts. */
  readonly requestId: string
  readonly functionName: string
  /** JSON text. */
  readonly payload: string
  /** Milliseconds since 1970. */
  readonly acceptedAt: number
  /** Its sender's. */
  readonly id?: string
}

/** How the function answered an attempt that failed. */
export interface FailedResponse {
  readonly functionError: 'Unhandled' | 'Handled'
  readonly payload: string
}

/** Where an event stands that is not done with. */
export interface PendingEvent {
  readonly event: AcceptedEvent
  /** Those that the function has failed. */
  attempts: number
  lastFailure?: { readonly response: FailedResponse; readonly at: number }
  /** Nothing is left but its record for the failure destination. */
  condemned?: { readonly condition: FailureCondition; readonly at: number }
}

/** One line of the journal. */
export type EventRecord =
  | { readonly type: 'accepted'; readonly event: AcceptedEvent }
  | {
      readonly type: 'failed'
      readonly requestId: string
      readonly attempts: number
      readonly response: FailedResponse
      readonly at: number
    }
  | {
      readonly type: 'condemned'
      readonly requestId: string
      readonly condition: FailureCondition
      readonly at: number
    }
  | { readonly type: 'ended'; readonly requestId: string }
  /** An id whose event has ended, when the journal was rewritten. */
  | { readonly type: 'seen'; readonly id: string; readonly at: number }
