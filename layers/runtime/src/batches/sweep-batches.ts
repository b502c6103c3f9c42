import { timeOfJobId } from '../core/job-id.ts'
import { listKeys } from '../core/list-keys.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { EventSender, JobEvent } from '../jobs/event-sender.ts'
import { BATCH_PREFIXES, batchKey, parseOpenBatchKey } from './layout.ts'

/** Time in which the event of a request starts its state machine. */
const GRACE_MS = 5 * 60_000
/** Time after which a batch that was never accepted is dropped. */
const ABANDONED_MS = 60 * 60_000

/**
 * Starts the batches whose event was lost: they are accepted and have no plan. The state machine carries on all others by
 * itself.
 *
 * @param now milliseconds since 1970
 * @returns the number of batches that were started
 */
export async function sweepBatches(
  now: number,
  { store, events }: { readonly store: ObjectStore; readonly events: EventSender },
): Promise<number> {
  const due: JobEvent[] = []
  for await (const openKey of listKeys(store, BATCH_PREFIXES.open)) {
    const name = parseOpenBatchKey(openKey)
    if (!name) continue
    const age = now - timeOfJobId(name.id)
    if (age < GRACE_MS) continue
    const has = async (document: 'request.json' | 'plan.json' | 'end.json') =>
      (await store.head({ bucket: store.bucket, key: batchKey(name, document) })) !== undefined
    if (await has('plan.json')) continue
    const key = batchKey(name, 'request.json')
    const isOver = (await has('end.json')) || (age > ABANDONED_MS && !(await has('request.json')))
    if (isOver) await store.delete({ bucket: store.bucket, key: openKey })
    else if (await has('request.json')) {
      const detail = { bucket: { name: store.bucket }, object: { key } }
      due.push({ detailType: 'Batch Inference Job Due', resources: [], detail })
    }
  }
  if (due.length > 0) await events.send(due)
  return due.length
}
