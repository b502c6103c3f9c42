import { RecentIds } from '../storage/recent-ids.ts'
import type { JournalledState } from '../storage/state-journal.ts'
import { numberOf } from './evaluate-expression.ts'
import type { Item, ItemPosition, TableOptions, TableRecord } from './model.ts'
import { compareDecimals } from './numbers.ts'

/** Items of all tables, also of tables no longer in the template, and the tokens of recent transactions. */
export class TableState implements JournalledState<TableRecord> {
  /** Items by table, partition and sort key. */
  readonly #tables = new Map<string, Map<string, Map<string, Item>>>()
  readonly #recentTokens = new RecentIds()
  readonly #options: readonly TableOptions[]

  constructor(options: readonly TableOptions[]) {
    this.#options = options
  }

  find({ table, partition, sort }: ItemPosition): Item | undefined {
    return this.#tables.get(table)?.get(partition)?.get(sort)
  }

  itemsOf(table: string, partition: string): Iterable<Item> {
    return this.#tables.get(table)?.get(partition)?.values() ?? []
  }

  /** True when a transaction with this token was done within ten minutes. */
  knowsToken(id: string): boolean {
    return this.#recentTokens.has(id, Date.now())
  }

  apply({ changes, token }: TableRecord): void {
    for (const { table, partition, sort, item } of changes) {
      const partitions = childOf(this.#tables, table)
      const items = childOf(partitions, partition)
      if (item) items.set(sort, item)
      else items.delete(sort)
      if (items.size === 0) partitions.delete(partition)
    }
    if (token) this.#recentTokens.add(token.id, token.at)
  }

  /** Leaves out expired items: DynamoDB removes them some time after they expire, the local stack at a restart. */
  *records(): Generator<TableRecord> {
    for (const [id, at] of this.#recentTokens.entries(Date.now())) yield { changes: [], token: { id, at } }
    for (const [table, partitions] of this.#tables) {
      const { ttlAttribute } = this.#options.find(({ name }) => name === table) ?? {}
      for (const [partition, items] of partitions) {
        for (const [sort, item] of items) {
          if (!isExpired(item, ttlAttribute)) yield { changes: [{ table, partition, sort, item }] }
        }
      }
    }
  }
}

function childOf<Child>(parents: Map<string, Map<string, Child>>, name: string): Map<string, Child> {
  const child = parents.get(name) ?? new Map<string, Child>()
  parents.set(name, child)
  return child
}

function isExpired(item: Item, ttlAttribute: string | undefined): boolean {
  const expires = ttlAttribute === undefined ? undefined : item[ttlAttribute]
  if (expires?.N === undefined) return false
  return compareDecimals(numberOf(expires), { units: BigInt(Math.floor(Date.now() / 1000)), scale: 0 }) < 0
}
