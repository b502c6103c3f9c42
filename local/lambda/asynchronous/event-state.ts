import { RecentIds } from '../../storage/recent-ids.ts'
import type { JournalledState } from '../../storage/state-journal.ts'
import type { AcceptedEvent, EventRecord, PendingEvent } from './model.ts'

/** Pending events, and ids that are not accepted again. */
export class EventState implements JournalledState<EventRecord> {
  readonly #pending = new Map<string, PendingEvent>()
  readonly #pendingIds = new Set<string>()
  readonly #recentIds = new RecentIds()

  /** Oldest first. */
  get pending(): Iterable<PendingEvent> {
    return this.#pending.values()
  }

  get(requestId: string): PendingEvent | undefined {
    return this.#pending.get(requestId)
  }

  /** True: the id was accepted for the function within ten minutes, or its event is pending. */
  knows(functionName: string, id: string): boolean {
    const key = keyOf(functionName, id)
    return this.#pendingIds.has(key) || this.#recentIds.has(key, Date.now())
  }

  apply(record: EventRecord): void {
    switch (record.type) {
      case 'accepted': {
        const { event } = record
        this.#pending.set(event.requestId, { event, attempts: 0 })
        this.#remember(event)
        return
      }
      case 'failed': {
        const pending = this.#pending.get(record.requestId)
        if (!pending) return
        pending.attempts = record.attempts
        pending.lastFailure = { response: record.response, at: record.at }
        return
      }
      case 'condemned': {
        const pending = this.#pending.get(record.requestId)
        if (pending) pending.condemned = { condition: record.condition, at: record.at }
        return
      }
      case 'ended': {
        const event = this.#pending.get(record.requestId)?.event
        this.#pending.delete(record.requestId)
        if (event?.id !== undefined) this.#pendingIds.delete(keyOf(event.functionName, event.id))
        return
      }
      case 'seen':
        this.#recentIds.add(record.id, record.at)
    }
  }

  *records(): Generator<EventRecord> {
    for (const [id, at] of this.#recentIds.entries(Date.now())) yield { type: 'seen', id, at }
    for (const { event, attempts, lastFailure, condemned } of this.#pending.values()) {
      yield { type: 'accepted', event }
      const { requestId } = event
      if (lastFailure) yield { type: 'failed', requestId, attempts, ...lastFailure }
      if (condemned) yield { type: 'condemned', requestId, ...condemned }
    }
  }

  #remember({ functionName, id, acceptedAt }: AcceptedEvent): void {
    if (id === undefined) return
    const key = keyOf(functionName, id)
    this.#pendingIds.add(key)
    this.#recentIds.add(key, acceptedAt)
  }
}

/** The separator is a space, which no function name has. */
function keyOf(functionName: string, id: string): string {
  return `${functionName} ${id}`
}
