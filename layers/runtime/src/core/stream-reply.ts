import type { Writable } from 'node:stream'
import type { Usage } from './usage.ts'

/** The writing side of an answer: Lambda's response stream, which has a Writable's methods and not its class. */
export type Sink = Pick<Writable, 'write' | 'end' | 'on'>

/** A streaming reply. Its status and headers are final. */
export interface StreamReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /**
   * Writes all of it and ends the sink.
   *
   * @param remainingMs milliseconds until the function must have ended
   */
  forward(sink: Sink, remainingMs: number): Promise<StreamEnd>
}

/** How a stream ended, and what it came to. */
export interface StreamEnd {
  /** `complete`: the model's own end. `client-gone`: nobody reads any more. Otherwise the type of the error that was sent. */
  readonly ended: string
  readonly events: number
  /** From the first event to the first one of the answer itself, in milliseconds; absent where none came. */
  readonly begunAfterMs?: number
  /** From the first event to the last, in milliseconds. */
  readonly streamingMs: number
  readonly usage: Usage
  /** The cause of a broken stream, for the log; absent where Bedrock itself reported it. */
  readonly cause?: unknown
}
