/** Source: SQS API Reference, "SendMessage"; AWS What's New, August 2025, "Amazon SQS increases maximum message size to 1 MiB". */
export const MAXIMUM_MESSAGE_BYTES = 1_048_576

export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, and perhaps a label behind a dot. */
  readonly DataType: string
  readonly StringValue?: string
  /** Base64. */
  readonly BinaryValue?: string
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

export interface Message {
  readonly messageId: string
  readonly body: string
  readonly attributes: MessageAttributes
  /** Milliseconds since 1970. */
  readonly sentAt: number
  /** Nobody receives it before; milliseconds since 1970. */
  readonly visibleAt: number
  /** Its sender's, where the same message may be sent twice. */
  readonly id?: string
}

/** One line of the journal. Receiving is not recorded: after a restart every message that is there can be received. */
export type QueueRecord =
  | { readonly type: 'sent'; readonly queue: string; readonly message: Message }
  | { readonly type: 'deleted'; readonly queue: string; readonly messageIds: readonly string[] }
  /** An id whose message is gone, when the journal was rewritten. */
  | { readonly type: 'seen'; readonly id: string; readonly at: number }
