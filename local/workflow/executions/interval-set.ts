interface Interval {
  readonly from: number
  /** The first number behind it. */
  readonly to: number
}

/** Set of whole numbers as intervals, so that neighbours take no room. */
export class IntervalSet {
  /** In order; they do not touch. */
  readonly #intervals: Interval[] = []

  add(from: number, to: number): void {
    if (from >= to) return
    const first = this.#firstEndingAt(from)
    let last = first
    let merged = { from, to }
    for (let next = this.#intervals[last]; next && next.from <= to; next = this.#intervals[last]) {
      merged = { from: Math.min(merged.from, next.from), to: Math.max(merged.to, next.to) }
      last += 1
    }
    this.#intervals.splice(first, last - first, merged)
  }

  has(value: number): boolean {
    const interval = this.#intervals[this.#firstEndingAt(value + 1)]
    return interval !== undefined && interval.from <= value
  }

  clear(): void {
    this.#intervals.length = 0
  }

  intervals(): readonly Interval[] {
    return this.#intervals
  }

  /** Position of the first interval that ends at the number or later. */
  #firstEndingAt(value: number): number {
    let low = 0
    let high = this.#intervals.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#intervals[middle] as Interval).to < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
