/** Tells a slow write whether its key was deleted meanwhile. */
export interface KeyWatch {
  readonly wasDeleted: boolean
  end(): void
}

export class KeyWatches {
  readonly #watches = new Map<string, Set<{ wasDeleted: boolean }>>()

  begin(bucket: string, key: string): KeyWatch {
    const name = joinKey(bucket, key)
    const watches = this.#watches.get(name) ?? new Set()
    this.#watches.set(name, watches)
    const watch = {
      wasDeleted: false,
      end: () => {
        watches.delete(watch)
        if (watches.size === 0) this.#watches.delete(name)
      },
    }
    watches.add(watch)
    return watch
  }

  reportDeletion(bucket: string, key: string): void {
    for (const watch of this.#watches.get(joinKey(bucket, key)) ?? []) watch.wasDeleted = true
  }
}

/** Joins by a slash, which no bucket name has. */
function joinKey(bucket: string, key: string): string {
  return `${bucket}/${key}`
}
