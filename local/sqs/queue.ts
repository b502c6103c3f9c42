import { randomUUID } from 'node:crypto'
import type { Message, QueueRecord } from './model.ts'
import type { QueueState } from './queue-state.ts'

export interface QueueOptions {
  readonly name: string
  readonly visibilityTimeoutSeconds: number
  readonly messageRetentionSeconds: number
}

export interface ReceiveOptions {
  readonly maxMessages: number
  readonly visibilityTimeoutSeconds: number
  /** Time to wait for a first message. */
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
}

/** A standard queue. The journal keeps its messages; receipts are in memory only. */
export interface Queue {
  readonly options: QueueOptions
  send(body: string, id?: string): void
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>
  /** Does nothing for a message that is not there. */
  delete(messageId: string): void
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
  /** Timers of received messages, which become visible again unless they are deleted. */
  const inFlight = new Map<string, NodeJS.Timeout>()
  const receipts = new Map<string, Receipt>()
  const waiting = new Set<() => void>()

  function hide(messageId: string, seconds: number): void {
    const timer = setTimeout(() => {
      inFlight.delete(messageId)
      retryWaiting()
    }, seconds * 1000)
    inFlight.set(messageId, timer)
  }

  function retryWaiting(): void {
    for (const retry of waiting) retry()
  }

  function remove(messageIds: readonly string[]): void {
    const present = messageIds.filter((messageId) => messages.has(messageId))
    if (present.length > 0) commit({ type: 'deleted', queue: name, messageIds: present })
    for (const messageId of present) {
      clearTimeout(inFlight.get(messageId))
      inFlight.delete(messageId)
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

  function take({ maxMessages, visibilityTimeoutSeconds }: ReceiveOptions): ReceivedMessage[] {
    removeExpired()
    const taken: ReceivedMessage[] = []
    for (const message of messages.values()) {
      if (taken.length === maxMessages) break
      const { messageId } = message
      if (inFlight.has(messageId)) continue
      const receipt = receipts.get(messageId) ?? { count: 0, firstReceivedAt: Date.now() }
      receipt.count += 1
      receipts.set(messageId, receipt)
      if (visibilityTimeoutSeconds > 0) hide(messageId, visibilityTimeoutSeconds)
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
    send(body, id) {
      const message = { messageId: randomUUID(), body, sentAt: Date.now(), ...(id !== undefined && { id }) }
      commit({ type: 'sent', queue: name, message })
      retryWaiting()
    },
    receive(receiveOptions) {
      const { waitSeconds, signal } = receiveOptions
      const taken = signal.aborted ? [] : take(receiveOptions)
      if (taken.length > 0 || waitSeconds === 0 || signal.aborted) return Promise.resolve(taken)
      return new Promise((resolve) => {
        const settle = (found: ReceivedMessage[]) => {
          waiting.delete(retry)
          clearTimeout(timer)
          signal.removeEventListener('abort', giveUp)
          resolve(found)
        }
        const retry = () => {
          const found = take(receiveOptions)
          if (found.length > 0) settle(found)
        }
        const giveUp = () => settle([])
        const timer = setTimeout(giveUp, waitSeconds * 1000)
        signal.addEventListener('abort', giveUp)
        waiting.add(retry)
      })
    },
    delete: (messageId) => remove([messageId]),
    count() {
      removeExpired()
      return { visible: messages.size - inFlight.size, inFlight: inFlight.size }
    },
    close() {
      for (const timer of inFlight.values()) clearTimeout(timer)
      inFlight.clear()
    },
  }
}

/** Encodes the message and its number of receipts; opaque to clients. */
function renderReceiptHandle(queueName: string, messageId: string, count: number): string {
  return Buffer.from(`${queueName} ${messageId} ${count}`).toString('base64')
}

/** Returns the message id in a handle of this queue; undefined for any other text. */
export function parseReceiptHandle(queueName: string, handle: string): string | undefined {
  const [name, messageId, count] = Buffer.from(handle, 'base64').toString().split(' ')
  return name === queueName && /^\d+$/.test(count ?? '') ? messageId : undefined
}
