import { RecentIds } from '../storage/recent-ids.ts'
import type { JournalledState } from '../storage/state-journal.ts'
import type { Message, QueueRecord } from './model.ts'

/** Messages of all queues, also of queues no longer in the template, and the ids that are not accepted again. */
export class QueueState implements JournalledState<QueueRecord> {
  readonly #messages = new Map<string, Map<string, Message>>()
  readonly #presentIds = new Set<string>()
  readonly #recentIds = new RecentIds()

  /** Messages by id, oldest first. */
  messagesOf(queue: string): ReadonlyMap<string, Message> {
    return this.#messagesOf(queue)
  }

  /** True when the queue accepted this id within ten minutes, or its message is still there. */
  knows(queue: string, id: string): boolean {
    const key = keyOf(queue, id)
    return this.#presentIds.has(key) || this.#recentIds.has(key, Date.now())
  }

  apply(record: QueueRecord): void {
    switch (record.type) {
      case 'sent': {
        const { queue, message } = record
        this.#messagesOf(queue).set(message.messageId, message)
        if (message.id === undefined) return
        this.#presentIds.add(keyOf(queue, message.id))
        this.#recentIds.add(keyOf(queue, message.id), message.sentAt)
        return
      }
      case 'deleted': {
        const messages = this.#messagesOf(record.queue)
        for (const messageId of record.messageIds) {
          const id = messages.get(messageId)?.id
          messages.delete(messageId)
          if (id !== undefined) this.#presentIds.delete(keyOf(record.queue, id))
        }
        return
      }
      case 'seen':
        this.#recentIds.add(record.id, record.at)
    }
  }

  *records(): Generator<QueueRecord> {
    for (const [id, at] of this.#recentIds.entries(Date.now())) yield { type: 'seen', id, at }
    for (const [queue, messages] of this.#messages) {
      for (const message of messages.values()) yield { type: 'sent', queue, message }
    }
  }

  #messagesOf(queue: string): Map<string, Message> {
    const messages = this.#messages.get(queue) ?? new Map<string, Message>()
    this.#messages.set(queue, messages)
    return messages
  }
}

/** Joins by a space, which no queue name has. */
function keyOf(queue: string, id: string): string {
  return `${queue} ${id}`
}
