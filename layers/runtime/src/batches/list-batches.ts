import { BedrockError } from '../core/errors.ts'
import { invertId, JOB_ID, timeOfJobId } from '../core/job-id.ts'
import { listKeys } from '../core/list-keys.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { BatchFormat, BatchStatus } from './batch.ts'
import { type Batch, statusOfBatch } from './describe-batch.ts'
import { batchesPrefix, parseBatchKey } from './layout.ts'
import { readBatch } from './read-batch.ts'

export interface ListBatchesOptions {
  readonly owner: string
  /** Contract of the batches; undefined for Bedrock's. */
  readonly format?: BatchFormat
  readonly status?: BatchStatus
  readonly nameContains?: string
  /** Milliseconds since 1970; both exclusive. */
  readonly submittedAfter?: number
  readonly submittedBefore?: number
  readonly ascending: boolean
  readonly maxBatches: number
  readonly nextToken?: string
  /** Id after which the page begins, in its order. */
  readonly after?: string
}

export interface BatchPage {
  readonly batches: readonly Batch[]
  readonly nextToken?: string
}

/** Batches that are read at once. */
const CONCURRENT_READS = 10

/**
 * Lists a page of a caller's batches by their time of submission. A caller has few batches: all their keys are listed, and
 * the documents of the returned ones are read.
 *
 * @throws BedrockError ValidationException for a malformed nextToken
 */
export async function listBatches(store: ObjectStore, options: ListBatchesOptions): Promise<BatchPage> {
  const { owner, format, status, nameContains, submittedAfter, submittedBefore, ascending, maxBatches, nextToken } =
    options
  const last = nextToken === undefined ? options.after : readToken(nextToken)
  const ids = (await listIds(store, owner)).filter((id) => {
    const time = timeOfJobId(id)
    if (submittedAfter !== undefined && time <= submittedAfter) return false
    return submittedBefore === undefined || time < submittedBefore
  })
  const ordered = ascending ? ids.reverse() : ids
  const rest = last === undefined ? ordered : ordered.filter((id) => (ascending ? id > last : id < last))
  const batches: Batch[] = []
  for (let start = 0; start < rest.length; start += CONCURRENT_READS) {
    const chunk = rest.slice(start, start + CONCURRENT_READS)
    const read = await Promise.all(chunk.map((id) => readBatch(store, { owner, id })))
    for (const batch of read) {
      if (!batch || batch.request.format !== format || (status !== undefined && statusOfBatch(batch) !== status))
        continue
      if (nameContains !== undefined && !batch.request.jobName.includes(nameContains)) continue
      if (batches.length === maxBatches) return { batches, nextToken: writeToken(batches.at(-1) as Batch) }
      batches.push(batch)
    }
  }
  return { batches }
}

/** Ids of accepted batches, the newest first. */
async function listIds(store: ObjectStore, owner: string): Promise<string[]> {
  const ids: string[] = []
  for await (const key of listKeys(store, batchesPrefix(owner))) {
    const name = parseBatchKey(key)
    if (name?.document === 'request.json') ids.push(name.id)
  }
  return ids
}

function writeToken({ request }: Batch): string {
  return Buffer.from(invertId(request.id)).toString('base64url')
}

function readToken(token: string): string {
  const inverted = Buffer.from(token, 'base64url').toString('latin1')
  if (JOB_ID.test(inverted)) return invertId(inverted)
  throw new BedrockError('ValidationException', 'nextToken is none that ListModelInvocationJobs has returned.')
}
