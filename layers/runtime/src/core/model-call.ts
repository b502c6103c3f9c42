/** The operations that call a model. */
export type ModelOperation = 'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream'

/** One call of a model on its way to Bedrock, in the form in which it goes over the wire. */
export interface ModelCall {
  readonly operation: ModelOperation
  /** Id or ARN of a model or inference profile, decoded. */
  readonly modelId: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether nothing of its answer is shown before all of it has come, though it streams; as in a job. */
  readonly isShownWhole?: boolean
  /** Identity of the caller; undefined where nobody was authenticated. */
  readonly caller: string | undefined
  /** Headers that the answer gets, for what the suite has to say to the caller. */
  readonly replyHeaders: Readonly<Record<string, string>>
}

/** What log, metrics and traces may say of a call: ids, counts, names; never its content. */
export type Facts = Record<string, string | number>

/** Whether the operation carries a Converse document; the others carry a native body. */
export function isConverse(operation: ModelOperation): boolean {
  return operation === 'Converse' || operation === 'ConverseStream'
}

/**
 * Defers work that the caller need not wait for until the answer has been sent. A failure of it is logged.
 *
 * @param name for the log, e.g. `ActivityLog`
 */
export type Defer = (name: string, task: () => Promise<void>) => void
