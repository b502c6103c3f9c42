import { BedrockError } from '../core/errors.ts'
import { JOB_ID } from '../core/job-id.ts'
import { listKeys } from '../core/list-keys.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { readDocument } from '../jobs/read-job.ts'
import type { BatchEnd, BatchFormat, BatchName, BatchPlan, BatchRequest } from './batch.ts'
import type { Progress } from './bedrock-jobs.ts'
import { type Batch, countsOf } from './describe-batch.ts'
import { batchKey, parseRangeKey, rangesPrefix } from './layout.ts'
import { isStopped } from './pace.ts'

/**
 * Finds the caller's batch by its ARN or id.
 *
 * @throws BedrockError ResourceNotFoundException, also for another caller's batch, so that nobody learns which ones exist;
 *   ValidationException for text that is neither an id nor an ARN of a batch in this account and Region, in Bedrock's contract
 */
export async function findBatch(
  store: ObjectStore,
  arnPrefix: string,
  owner: string,
  jobIdentifier: string,
  format?: BatchFormat,
): Promise<Batch> {
  const arnStart = `${arnPrefix}:model-invocation-job/`
  const id = jobIdentifier.startsWith(arnStart) ? jobIdentifier.slice(arnStart.length) : jobIdentifier
  if (!JOB_ID.test(id) && format === undefined) {
    throw new BedrockError(
      'ValidationException',
      `jobIdentifier does not match ${arnStart}[a-z0-9]{12}, nor is it the id at its end.`,
    )
  }
  const batch = JOB_ID.test(id) ? await readBatch(store, { owner, id }) : undefined
  if (batch && batch.request.format === format) return batch
  throw new BedrockError('ResourceNotFoundException', `Could not find the ${kindOfBatch(format)} ${jobIdentifier}.`)
}

/** What the contract of a batch calls it. */
export function kindOfBatch(format: BatchFormat | undefined): string {
  return format === undefined ? 'model invocation job' : 'batch'
}

/** Reads the documents of a batch, and counts its answers while it runs. */
export async function readBatch(store: ObjectStore, name: BatchName): Promise<Batch | undefined> {
  const [request, plan, end] = await Promise.all([
    readDocument<BatchRequest>(store, batchKey(name, 'request.json')),
    readDocument<BatchPlan>(store, batchKey(name, 'plan.json')),
    readDocument<BatchEnd>(store, batchKey(name, 'end.json')),
  ])
  if (!request) return undefined
  const progress =
    plan?.document.route === 'bedrock'
      ? await readDocument<Progress>(store, batchKey(name, 'progress.json'))
      : undefined
  const mapReason = progress?.document.mapReason
  const documents = { request: request.document, plan: plan?.document, end: end?.document, mapReason }
  if (end) return { ...documents, isStopped: false }
  const stopped = await isStopped(store, name)
  const counts = plan && (await countAnswers(store, plan.document, name, progress?.document))
  return { ...documents, isStopped: stopped, counts }
}

async function countAnswers(
  store: ObjectStore,
  { records, route }: BatchPlan,
  name: BatchName,
  progress: Progress | undefined,
) {
  if (route === 'bedrock' && progress?.mapReason === undefined) {
    const parts = progress?.jobs ?? []
    const sum = (member: 'success' | 'error') => parts.reduce((total, job) => total + job[member], 0)
    return countsOf(records, sum('success'), sum('error'))
  }
  const ranges = await listRanges(store, name)
  const values = [...ranges.values()]
  return countsOf(
    records,
    values.reduce((total, { successes }) => total + successes, 0),
    values.reduce((total, { errors }) => total + errors, 0),
  )
}

/** Finds the items that are answered completely. */
export async function listRanges(
  store: ObjectStore,
  name: BatchName,
): Promise<ReadonlyMap<number, { readonly key: string; readonly successes: number; readonly errors: number }>> {
  const found = new Map<number, { key: string; successes: number; errors: number }>()
  for await (const key of listKeys(store, rangesPrefix(name))) {
    const range = parseRangeKey(key)
    if (range) found.set(range.item, { key, ...range })
  }
  return found
}
