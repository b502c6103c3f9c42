/** `whole`: up to the model's own end. `cut`: a clean end before that, requested by a directive. */
export type StreamEnding = 'whole' | 'exception' | 'reset' | 'cut' | 'abandoned'

/** A request and its outcome, without any content of prompt or answer. */
export interface RequestSummary {
  readonly requestId: string
  readonly method: string
  readonly path: string
  /** Undefined for an unknown path. */
  readonly operation?: string
  /** Model of a call through a door, whose path does not have it. */
  readonly resource?: string
  readonly statusCode: number
  readonly errorType?: string
  /** Error inside the emulator itself, behind an InternalServerException without a directive. */
  readonly failure?: unknown
  readonly durationMs: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** Events sent in a stream. */
  readonly events?: number
  /** Ending of the stream; missing when none began. */
  readonly ending?: StreamEnding
  /** The client disconnected before the end of its answer. */
  readonly isAbandoned: boolean
}
