/** Time in which a repeated id has no second effect. */
const MEMORY_MS = 10 * 60_000

/** Ids of the last ten minutes. Times are milliseconds since 1970 and never decrease. */
export class RecentIds {
  readonly #times = new Map<string, number>()

  add(id: string, time: number): void {
    this.#forget(time)
    this.#times.delete(id)
    this.#times.set(id, time)
  }

  has(id: string, now: number): boolean {
    const time = this.#times.get(id)
    return time !== undefined && now - time <= MEMORY_MS
  }

  /** Oldest first. */
  entries(now: number): Iterable<[id: string, time: number]> {
    this.#forget(now)
    return this.#times.entries()
  }

  #forget(now: number): void {
    for (const [id, time] of this.#times) {
      if (now - time <= MEMORY_MS) return
      this.#times.delete(id)
    }
  }
}
