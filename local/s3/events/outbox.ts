import type { ObjectEvent } from './object-event.ts'

/** Receives an event. Once its promise resolves, the event is not delivered again. */
export type EventListener = (event: ObjectEvent) => Promise<void> | void

/** Events that the listener handles at once. */
const MAX_IN_PROGRESS = 64

const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 10_000

interface OutboxOptions {
  readonly listener: EventListener | undefined
  /** Called once the listener has accepted the event. */
  readonly onAcknowledged: (eventId: string) => void
}

/**
 * Delivers events at least once, the first attempts in order. When the listener throws or rejects, the event is offered
 * again with growing delays. The journal keeps the pending events; this class holds them in memory.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #pending = new Map<string, ObjectEvent>()
  /** Ids of pending events that wait for a free place at the listener, not for a retry. */
  readonly #queue = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #inProgress = 0
  #isDelivering = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Events that are not acknowledged, oldest first. */
  get pending(): Iterable<ObjectEvent> {
    return this.#pending.values()
  }

  add(event: ObjectEvent): void {
    this.#pending.set(event.id, event)
    this.#queue.add(event.id)
    this.#fill()
  }

  /** Drops an event whose acknowledgement is in the journal. */
  forget(eventId: string): void {
    this.#pending.delete(eventId)
    this.#queue.delete(eventId)
  }

  start(): void {
    this.#isDelivering = this.#options.listener !== undefined
    this.#fill()
  }

  /** Stops delivery. Events still with the listener count as unacknowledged and are delivered again after a restart. */
  stop(): void {
    this.#isDelivering = false
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #fill(): void {
    for (const id of this.#queue) {
      if (!this.#isDelivering || this.#inProgress >= MAX_IN_PROGRESS) return
      this.#queue.delete(id)
      void this.#offer(this.#pending.get(id) as ObjectEvent, FIRST_RETRY_MS)
    }
  }

  async #offer(event: ObjectEvent, retryMs: number): Promise<void> {
    this.#inProgress += 1
    try {
      // Not before the change that the event reports is finished.
      await Promise.resolve()
      await this.#options.listener?.(event)
      if (!this.#isDelivering) return
      this.#options.onAcknowledged(event.id)
      this.forget(event.id)
    } catch {
      // The listener reports its own failures; here the event is only offered again.
      this.#offerLater(event, retryMs)
    } finally {
      this.#inProgress -= 1
      this.#fill()
    }
  }

  #offerLater(event: ObjectEvent, delayMs: number): void {
    if (!this.#isDelivering) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#offer(event, Math.min(delayMs * 2, MAX_RETRY_MS))
    }, delayMs)
    this.#timers.add(timer)
  }
}
