import type { ToolKinds } from './convert-tools.ts'
import type { Sealer } from './seal-reasoning.ts'

/** Facts about a request that decide on the form of its response. */
export interface ResponseForm {
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
  /** Resolved model. */
  readonly modelId: string
  /** Family of the model, which its sealed reasoning belongs to. */
  readonly family: string | undefined
  /** JSON text of the request's settings, as members. */
  readonly settings: string
  readonly kinds: ToolKinds
  /** True if the answer is the input of a tool. */
  readonly isFormat: boolean
  /** True if reasoning comes as a summary. */
  readonly isSummary: boolean
  /** Seals reasoning; undefined: it cannot come back. */
  readonly sealer: Sealer | undefined
  /** True if the client gets the sealed reasoning. */
  readonly includesSealed: boolean
  /** True if the last event of a stream waits until the response is stored. */
  readonly holdsEnd: boolean
}

/** Item of an output, finished. */
export interface OutputItem {
  readonly id: string
  readonly type: string
  readonly [member: string]: unknown
}

/** Response that has ended. */
export interface FinishedResponse {
  readonly id: string
  /** JSON text for the client. */
  readonly body: string
  /** JSON text with the reasoning sealed in it, whether or not the client asked for it. */
  readonly stored: string
  readonly status: 'completed' | 'incomplete' | 'failed'
}
