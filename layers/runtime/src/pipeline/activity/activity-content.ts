import type { ModelOperation } from '../../core/model-call.ts'
import type { FollowedEvent } from './follow-frames.ts'

/** A body of a call: what it was, or why it is not here. */
export type Content =
  | { readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly events: readonly FollowedEvent[]; readonly isCut: boolean }
  /** Too large to be kept; and where it is, if anywhere. */
  | { readonly omittedBytes: number; readonly location?: string }

export interface Activity {
  /** Members of the document that stand before the bodies. */
  readonly head: Readonly<Record<string, unknown>>
  readonly operation: ModelOperation | 'StartAsyncInvoke'
  readonly request: Content
  /** undefined for a call that failed. */
  readonly response: Content | undefined
}

/** A body of more is not kept: the document is put together in the function's memory. */
export const LARGEST_BODY_BYTES = 4 * 1024 * 1024

export function toContent(contentType = 'application/json', bytes: Uint8Array): Content {
  return bytes.length > LARGEST_BODY_BYTES ? { omittedBytes: bytes.length } : { contentType, bytes }
}
