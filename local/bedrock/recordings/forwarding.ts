import type { Outcome } from '../http/outcome.ts'
import type { OperationCall } from '../operations/operation.ts'

/** A request of an operation of Bedrock Runtime. */
export interface ForwardingCall extends Pick<OperationCall, 'headers' | 'body' | 'resource' | 'signal'> {
  readonly operation: string
  readonly method: string
  /** Raw path with the query. */
  readonly target: string
}

/** Source of answers in place of the emulator's own: Bedrock, or recordings. */
export interface Forwarding {
  answer(call: ForwardingCall): Promise<Outcome>
  /** Ends the calls in progress. */
  close(): Promise<void>
}
