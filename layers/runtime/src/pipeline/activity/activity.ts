import type { ModelOperation } from '../../core/model-call.ts'
import type { FollowedEvent } from './follow-frames.ts'

/** Limit of a recorded body, in bytes. The record is composed in the function's memory. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Body of a request or an answer, or its size if it is omitted. */
export type Content =
  | { readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly events: readonly FollowedEvent[]; readonly isCut: boolean }
  /** Body that is too large, with its S3 URI, if any. */
  | { readonly omittedBytes: number; readonly location?: string }

/** Recorded call. */
export interface Activity {
  /** Members of the document before the bodies. */
  readonly head: Readonly<Record<string, unknown>>
  readonly operation: ModelOperation | 'StartAsyncInvoke'
  readonly request: Content
  /** Response; undefined for a call that failed. */
  readonly response: Content | undefined
}
