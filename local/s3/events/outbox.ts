import type { ObjectEvent } from './object-event.ts'

/** Takes an event over; once its promise resolves the event is not delivered again. */
export type EventListener = (event: ObjectEvent) => Promise<void> | void

/** How many events are with the listener at once. */
const MAXIMUM_UNDERWAY = 64

const FIRST_RETRY_MILLISECONDS = 100
const LONGEST_RETRY_MILLISECONDS = 10_000

interface OutboxOptions {
  readonly listener: EventListener | undefined
  /** Called once the listener has the event. */
  readonly onAcknowledged: (eventId: string) => void
}

/**
 * Delivers events at least once, the first attempts in order: what the listener refuses (throws or rejects) is offered
 * again, later and later. What waits here is kept by the journal; this is only its memory.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #pending = new Map<string, ObjectEvent>()
  /** Ids of pending events that are neither with the listener nor resting before their next attempt. */
  readonly #queue = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #underway = 0
  #isDelivering = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Every event that is not acknowledged, oldest first. */
  get pending(): Iterable<ObjectEvent> {
    return this.#pending.values()
  }

  add(event: ObjectEvent): void {
    this.#pending.set(event.id, event)
    this.#queue.add(event.id)
    this.#fill()
  }

  /** For an acknowledgement that the journal remembers. */
  forget(eventId: string): void {
    this.#pending.delete(eventId)
    this.#queue.delete(eventId)
  }

  start(): void {
    this.#isDelivering = this.#options.listener !== undefined
    this.#fill()
  }

  /** What the listener still has counts as not acknowledged: it is delivered again after the next start. */
  stop(): void {
    this.#isDelivering = false
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #fill(): void {
    for (const id of this.#queue) {
      if (!this.#isDelivering || this.#underway >= MAXIMUM_UNDERWAY) return
      this.#queue.delete(id)
      void this.#offer(this.#pending.get(id) as ObjectEvent, FIRST_RETRY_MILLISECONDS)
    }
  }

  async #offer(event: ObjectEvent, retryMilliseconds: number): Promise<void> {
    this.#underway += 1
    try {
      // Not in the middle of the change that it tells of.
      await Promise.resolve()
      await this.#options.listener?.(event)
      if (!this.#isDelivering) return
      this.#options.onAcknowledged(event.id)
      this.forget(event.id)
    } catch {
      // The listener reports its own failures; the promise here is only to come again.
      this.#offerLater(event, retryMilliseconds)
    } finally {
      this.#underway -= 1
      this.#fill()
    }
  }

  #offerLater(event: ObjectEvent, milliseconds: number): void {
    if (!this.#isDelivering) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#offer(event, Math.min(milliseconds * 2, LONGEST_RETRY_MILLISECONDS))
    }, milliseconds)
    this.#timers.add(timer)
  }
}
