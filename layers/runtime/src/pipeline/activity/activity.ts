import type { ModelOperation } from '../../core/model-call.ts'
import type { FollowedEvent } from './follow-frames.ts'

/** A larger body is not kept: the document is put together in the function's memory. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** The body of a request or an answer, or the reason why it is missing. */
export type Content =
  | { readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly events: readonly FollowedEvent[]; readonly isCut: boolean }
  /** Too large to be kept; with the place where it is, if any. */
  | { readonly omittedBytes: number; readonly location?: string }

/** One recorded call. */
export interface Activity {
  /** Members of the document that stand before the bodies. */
  readonly head: Readonly<Record<string, unknown>>
  readonly operation: ModelOperation | 'StartAsyncInvoke'
  readonly request: Content
  /** undefined for a call that failed. */
  readonly response: Content | undefined
}
