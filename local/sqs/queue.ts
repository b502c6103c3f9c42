import { randomUUID } from 'node:crypto'
import type { Message, MessageAttributes, QueueRecord } from './model.ts'
import type { QueueState } from './queue-state.ts'

export interface QueueOptions {
  readonly name: string
  readonly visibilityTimeoutSeconds: number
  readonly messageRetentionSeconds: number
}

export interface MessageDraft {
  readonly body: string
  readonly attributes: MessageAttributes
  readonly delaySeconds: number
  readonly id?: string
}

export interface ReceiveOptions {
  readonly maximumMessages: number
  readonly visibilityTimeoutSeconds: number
  /** How long to wait for a first message. */
  readonly waitSeconds: number
  /** Ends the wait. */
  readonly signal: AbortSignal
}

export interface ReceivedMessage extends Message {
  readonly receiptHandle: string
  readonly receiveCount: number
  /** Milliseconds since 1970. */
  readonly firstReceivedAt: number
}

export interface MessageCounts {
  readonly visible: number
  /** Received and not deleted. */
  readonly inFlight: number
  readonly delayed: number
}

/** A standard queue. Its messages are the journal's; who has received them is known in memory only. */
export interface Queue {
  readonly options: QueueOptions
  send(draft: MessageDraft): Message
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>
  /** Whether the message is there does not matter. */
  delete(messageId: string): void
  /** False when the message is not in flight. */
  changeVisibility(messageId: string, seconds: number): boolean
  purge(): void
  count(): MessageCounts
  close(): void
}

interface Receipt {
  count: number
  readonly firstReceivedAt: number
}

export function createQueue(
  options: QueueOptions,
  { state, commit }: { readonly state: QueueState; readonly commit: (record: QueueRecord) => void },
): Queue {
  const { name } = options
  const messages = state.messagesOf(name)
  /** When messages that are not visible will be: milliseconds since 1970. */
  const hidden = new Map<string, { readonly until: number; readonly timer: NodeJS.Timeout }>()
  const receipts = new Map<string, Receipt>()
  const waiting = new Set<() => void>()

  for (const { messageId, visibleAt } of messages.values()) if (visibleAt > Date.now()) hide(messageId, visibleAt)

  function hide(messageId: string, until: number): void {
    reveal(messageId)
    const timer = setTimeout(
      () => {
        reveal(messageId)
        wake()
      },
      Math.max(0, until - Date.now()),
    )
    hidden.set(messageId, { until, timer })
  }

  function reveal(messageId: string): void {
    clearTimeout(hidden.get(messageId)?.timer)
    hidden.delete(messageId)
  }

  function wake(): void {
    for (const look of waiting) look()
  }

  function remove(messageIds: readonly string[]): void {
    const present = messageIds.filter((messageId) => messages.has(messageId))
    if (present.length > 0) commit({ type: 'deleted', queue: name, messageIds: present })
    for (const messageId of present) {
      reveal(messageId)
      receipts.delete(messageId)
    }
  }

  function removeExpired(): void {
    const oldest = Date.now() - options.messageRetentionSeconds * 1000
    const expired: string[] = []
    for (const { messageId, sentAt } of messages.values()) {
      if (sentAt >= oldest) break
      expired.push(messageId)
    }
    remove(expired)
  }

  function take({ maximumMessages, visibilityTimeoutSeconds }: ReceiveOptions): ReceivedMessage[] {
    removeExpired()
    const taken: ReceivedMessage[] = []
    for (const message of messages.values()) {
      if (taken.length === maximumMessages) break
      const { messageId } = message
      if (hidden.has(messageId)) continue
      const receipt = receipts.get(messageId) ?? { count: 0, firstReceivedAt: Date.now() }
      receipt.count += 1
      receipts.set(messageId, receipt)
      if (visibilityTimeoutSeconds > 0) hide(messageId, Date.now() + visibilityTimeoutSeconds * 1000)
      taken.push({
        ...message,
        receiptHandle: renderReceiptHandle(name, messageId, receipt.count),
        receiveCount: receipt.count,
        firstReceivedAt: receipt.firstReceivedAt,
      })
    }
    return taken
  }

  return {
    options,
    send({ body, attributes, delaySeconds, id }) {
      const sentAt = Date.now()
      const visibleAt = sentAt + delaySeconds * 1000
      const message = { messageId: randomUUID(), body, attributes, sentAt, visibleAt, ...(id !== undefined && { id }) }
      commit({ type: 'sent', queue: name, message })
      if (delaySeconds > 0) hide(message.messageId, visibleAt)
      else wake()
      return message
    },
    receive(receiveOptions) {
      const { waitSeconds, signal } = receiveOptions
      const taken = signal.aborted ? [] : take(receiveOptions)
      if (taken.length > 0 || waitSeconds === 0 || signal.aborted) return Promise.resolve(taken)
      return new Promise((resolve) => {
        const settle = (found: ReceivedMessage[]) => {
          waiting.delete(look)
          clearTimeout(timer)
          signal.removeEventListener('abort', giveUp)
          resolve(found)
        }
        const look = () => {
          const found = take(receiveOptions)
          if (found.length > 0) settle(found)
        }
        const giveUp = () => settle([])
        const timer = setTimeout(giveUp, waitSeconds * 1000)
        signal.addEventListener('abort', giveUp)
        waiting.add(look)
      })
    },
    delete: (messageId) => remove([messageId]),
    changeVisibility(messageId, seconds) {
      if (!messages.has(messageId) || !hidden.has(messageId) || !receipts.has(messageId)) return false
      if (seconds > 0) {
        hide(messageId, Date.now() + seconds * 1000)
      } else {
        reveal(messageId)
        wake()
      }
      return true
    },
    purge: () => remove([...messages.keys()]),
    count() {
      removeExpired()
      const inFlight = [...hidden.keys()].filter((messageId) => receipts.has(messageId)).length
      return { visible: messages.size - hidden.size, inFlight, delayed: hidden.size - inFlight }
    },
    close() {
      for (const { timer } of hidden.values()) clearTimeout(timer)
      hidden.clear()
    },
  }
}

/** Names the message and which time it was received, in a form that clients do not look into. */
function renderReceiptHandle(queueName: string, messageId: string, count: number): string {
  return Buffer.from(`${queueName} ${messageId} ${count}`).toString('base64')
}

/** The message that a handle of this queue names; undefined for any other text. */
export function parseReceiptHandle(queueName: string, handle: string): string | undefined {
  const [name, messageId, count] = Buffer.from(handle, 'base64').toString().split(' ')
  return name === queueName && /^\d+$/.test(count ?? '') ? messageId : undefined
}
