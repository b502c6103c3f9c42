/** Source: SQS API Reference, "SendMessage"; AWS What's New, August 2025, "Amazon SQS increases maximum message size to 1 MiB". */
export const MAX_MESSAGE_BYTES = 1_048_576

export interface Message {
  readonly messageId: string
  readonly body: string
  /** Milliseconds since 1970. */
  readonly sentAt: number
  /** Id from the sender, where the same message may be sent twice. */
  readonly id?: string
}

/** One line of the journal. Receiving is not recorded: after a restart every message can be received again. */
export type QueueRecord =
  | { readonly type: 'sent'; readonly queue: string; readonly message: Message }
  | { readonly type: 'deleted'; readonly queue: string; readonly messageIds: readonly string[] }
  /** An id whose message is deleted, when the journal was rewritten. */
  | { readonly type: 'seen'; readonly id: string; readonly at: number }
