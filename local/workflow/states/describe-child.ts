import type { ChildEnd } from './child-execution.ts'

/** Describes an ended child as ResultWriter does. Source: Step Functions developer guide, "ResultWriter". */
export function describeChild({ status, error, cause, ...end }: ChildEnd) {
  const isSucceeded = status === 'SUCCEEDED'
  return {
    ExecutionArn: end.executionArn,
    Input: JSON.stringify(end.input),
    InputDetails: { Included: true },
    Name: end.name,
    ...(isSucceeded && { Output: JSON.stringify(end.output), OutputDetails: { Included: true } }),
    ...(error !== undefined && { Error: error }),
    ...(cause !== undefined && { Cause: cause }),
    RedriveCount: end.redriveCount,
    RedriveStatus: isSucceeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(isSucceeded && { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' }),
    StartDate: end.startDate.toISOString(),
    StateMachineArn: end.mapArn,
    Status: status,
    StopDate: end.stopDate.toISOString(),
  }
}

/** Describes a batch that was never started. */
export function describePending(input: unknown) {
  return { Input: JSON.stringify(input), InputDetails: { Included: true }, Status: 'PENDING' }
}
