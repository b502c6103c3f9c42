/** Event of an execution, in the form of GetExecutionHistory. */
export interface HistoryEvent {
  /** From 1. */
  readonly id: number
  readonly previousEventId: number
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly type: string
  readonly [details: string]: unknown
}

/** Longest history of an execution. Source: Step Functions quotas. */
export const MAX_HISTORY_EVENTS = 25_000

/** Name of the member with the details of an event. */
export function detailsMember(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails'
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails'
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`
}
