/** Tells a write that takes its time whether its key was deleted meanwhile. */
export interface KeyWatch {
  readonly wasDeleted: boolean
  end(): void
}

export class KeyWatches {
  readonly #watches = new Map<string, Set<{ wasDeleted: boolean }>>()

  begin(bucket: string, key: string): KeyWatch {
    const name = nameOf(bucket, key)
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
    for (const watch of this.#watches.get(nameOf(bucket, key)) ?? []) watch.wasDeleted = true
  }
}

/** No bucket's name has a slash. */
function nameOf(bucket: string, key: string): string {
  return `${bucket}/${key}`
}
