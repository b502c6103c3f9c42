import type { Facts } from '../http/route.ts'

/** The operations that call a model. */
export type ModelOperation = 'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream'

/**
 * One call of a model on its way to Bedrock, in the form in which it goes over the wire. What is done to it before goes
 * through stages, each from one such call to the next; a stage that has nothing to do gives back the one it got.
 */
export interface ModelCall {
  readonly operation: ModelOperation
  /** Id or ARN of a model or inference profile, decoded. */
  readonly modelId: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether nothing of its answer is shown before all of it is there, though it streams; as in a job. */
  readonly isShownWhole?: boolean
  /** Who calls; undefined where nobody was authenticated. */
  readonly caller: string | undefined
  /** What the stages have to say to the caller, as headers of the answer. */
  readonly replyHeaders: Readonly<Record<string, string>>
  /** For the log; ids, counts and names only. */
  readonly facts: Facts
}

/** @throws BedrockError for what is refused before Bedrock is called */
export type CallStage = (call: ModelCall) => ModelCall | Promise<ModelCall>
