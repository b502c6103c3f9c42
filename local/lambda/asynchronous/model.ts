/** Source: Lambda developer guide, "Lambda quotas": the payload of an asynchronous invocation, 1 MB. */
export const EVENT_LIMIT_BYTES = 1_048_576

/** Settings of a function's asynchronous invocations. */
export interface AsynchronousFunction {
  readonly functionName: string
  readonly arn: string
  /** Most invocations at once, where the template reserves them. */
  readonly reservedConcurrency?: number | undefined
  /** Attempts after the first one. */
  readonly maximumRetryAttempts: number
  readonly maximumEventAgeSeconds: number
  /** Queue of the failure records. */
  readonly onFailure?: { readonly resource: string }
}

/** Reason for no further attempt. */
export type FailureCondition = 'RetriesExhausted' | 'EventAgeExceeded'

export interface AcceptedEvent {
  /** Shared by all attempts. */
  readonly requestId: string
  readonly functionName: string
  /** JSON text. */
  readonly payload: string
  /** Milliseconds since 1970. */
  readonly acceptedAt: number
  /** Id that the sender gave. */
  readonly id?: string
}

/** Answer of the function to a failed attempt. */
export interface FailedResponse {
  readonly functionError: 'Unhandled' | 'Handled'
  readonly payload: string
}

/** State of a pending event. */
export interface PendingEvent {
  readonly event: AcceptedEvent
  /** Number of failed attempts. */
  attempts: number
  lastFailure?: { readonly response: FailedResponse; readonly at: number }
  /** Only the record for the failure destination is left. */
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
  /** Id of an ended event, kept when the journal was rewritten. */
  | { readonly type: 'seen'; readonly id: string; readonly at: number }
