import type { Item, ItemSource } from './item-source.ts'

/** Items that are in memory. */
export function fromValues(values: readonly unknown[], origin: Pick<ItemSource, 'name' | 'etag'>): ItemSource {
  return {
    ...origin,
    count: async () => values.length,
    async *read(isDone): AsyncGenerator<Item> {
      for (const [index, value] of values.entries()) if (!isDone(index)) yield { index, value }
    },
  }
}
