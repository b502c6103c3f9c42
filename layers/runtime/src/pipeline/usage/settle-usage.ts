import type { ObjectStore } from '../../core/object-store.ts'
import type { UsageEntry } from './usage-entry.ts'
import { USAGE_PREFIX } from './usage-ledger.ts'
import type { UsageTable } from './usage-table.ts'

/**
 * Adds the usage that waits in the bucket to the table. An object that another sweep or an earlier try has added adds nothing.
 *
 * @returns number of objects
 * @throws the SDK's error if the table still does not take it. The next sweep goes on
 */
export async function settleUsage(table: UsageTable, store: ObjectStore, signal: AbortSignal): Promise<number> {
  let settled = 0
  let continuation: string | undefined
  do {
    const page = await store.list(USAGE_PREFIX, { ...(continuation !== undefined && { continuation }) })
    for (const key of page.keys) {
      if (signal.aborted) return settled
      const location = { bucket: store.bucket, key }
      const stored = await store.get(location)
      if (!stored) continue
      await table.add(JSON.parse(Buffer.from(stored.body).toString()) as UsageEntry[])
      await store.delete(location)
      settled += 1
    }
    continuation = page.continuation
  } while (continuation !== undefined)
  return settled
}
