import type { Item, ItemSource } from './item-source.ts'
import { readCsv } from './read-csv.ts'

/** Delimited text: each record is an item, an object of texts. */
export interface CsvOptions extends Pick<ItemSource, 'name' | 'etag'> {
  readonly limit: number
  readonly delimiter: string
  /** Undefined: the first record has the names. */
  readonly headers: readonly string[] | undefined
  chunks(): AsyncIterable<Uint8Array>
}

export function fromCsv({ limit, delimiter, headers, chunks, ...origin }: CsvOptions): ItemSource {
  async function* records(): AsyncGenerator<Item> {
    let names = headers
    let index = 0
    for await (const fields of readCsv(chunks(), delimiter)) {
      if (names === undefined) {
        names = fields
        continue
      }
      if (index === limit) return
      // A field without a name is left out; a name without a field is empty.
      yield { index, value: Object.fromEntries(names.map((name, position) => [name, fields[position] ?? ''])) }
      index += 1
    }
  }
  return {
    ...origin,
    async count() {
      let count = 0
      for await (const _ of records()) count += 1
      return count
    },
    async *read(isDone) {
      for await (const item of records()) if (!isDone(item.index)) yield item
    },
  }
}
