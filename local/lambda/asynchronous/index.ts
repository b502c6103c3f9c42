export {
  type AsynchronousInvocations,
  type AsynchronousInvocationsOptions,
  type AttemptOutcome,
  createAsynchronousInvocations,
  type EnqueuedEvent,
  EventRefusedError,
} from './asynchronous-invocations.ts'
export type { InvocationResult, Invoke } from './attempt.ts'
export type { AsynchronousFunction } from './model.ts'
