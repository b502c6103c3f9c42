import '../core/index.ts'
import { createHash } from 'node:crypto'
import { BedrockError } from '../core/errors.ts'
import { ownerOf } from '../core/identity.ts'
import { createJobId, timeOfJobId } from '../core/job-id.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { readDocument } from '../jobs/read-job.ts'
import type { BatchName, BatchRequest } from './batch.ts'
import { batchKey, batchTokenKey, openBatchKey } from './layout.ts'

/** Batch to create, which is checked and allowed. */
export type BatchOrder = Omit<BatchRequest, 'id' | 'owner' | 'submitTime'>

/**
 * Accepts a batch. When it resolves, the batch is stored; the event of its request starts the state machine. The same token
 * with the same request gives the same batch, also for concurrent calls.
 *
 * @throws BedrockError ConflictException for a token of another request
 */
export async function createBatch(order: BatchOrder, store: ObjectStore): Promise<BatchName> {
  const owner = ownerOf(order.caller)
  const id = await claimId(owner, order, store)
  const name = { owner, id }
  await store.put({ bucket: store.bucket, key: openBatchKey(name) }, '')
  const request: BatchRequest = { ...order, ...name, submitTime: new Date(timeOfJobId(id)).toISOString() }
  const location = { bucket: store.bucket, key: batchKey(name, 'request.json') }
  if (await store.putNew(location, JSON.stringify(request))) return name
  const accepted = await readDocument<BatchRequest>(store, location.key)
  const isSame =
    accepted?.document.requestHash === order.requestHash &&
    accepted.document.clientRequestToken === order.clientRequestToken
  if (isSame) return name
  // Two requests of one caller in the same millisecond got the same id, a chance of 1 in 1.7 million.
  throw new BedrockError('InternalServerException', 'The id of the batch is already in use. Try again.')
}

/** Creates an id, or returns the one that the token has. */
async function claimId(
  owner: string,
  { clientRequestToken, requestHash }: BatchOrder,
  store: ObjectStore,
): Promise<string> {
  const id = createJobId(Date.now())
  if (clientRequestToken === undefined) return id
  const tokenHash = createHash('sha256').update(clientRequestToken).digest('hex')
  const key = batchTokenKey(owner, tokenHash)
  if (await store.putNew({ bucket: store.bucket, key }, JSON.stringify({ id, requestHash }))) return id
  const claimed = await readDocument<{ id: string; requestHash: string }>(store, key)
  if (!claimed) throw new BedrockError('InternalServerException', 'The clientRequestToken has just expired. Try again.')
  if (claimed.document.requestHash === requestHash) return claimed.document.id
  throw new BedrockError(
    'ConflictException',
    'clientRequestToken was used before, with another request: a token stands for one request.',
  )
}
