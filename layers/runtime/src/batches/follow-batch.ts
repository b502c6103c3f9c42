import { readDocument } from '../jobs/read-job.ts'
import type { PriceBook } from '../pipeline/cost/price-book.ts'
import type { UsageEntry } from '../pipeline/usage/usage-entry.ts'
import type { UsageLedger } from '../pipeline/usage/usage-ledger.ts'
import type { BatchEnd, BatchItem, BatchPlan, BatchRequest, EndStatus } from './batch.ts'
import { type BedrockJobs, hasEnded, type PartJob, type Progress } from './bedrock-jobs.ts'
import { expirationOf } from './describe-batch.ts'
import { type EndDependencies, endBatch } from './end-batch.ts'
import { type Joined, joinMapAnswers, joinPartOutputs } from './join-answers.ts'
import { batchKey, itemsKey } from './layout.ts'
import { isStopped } from './pace.ts'
import type { BatchStep } from './prepare-batch.ts'
import { listRanges } from './read-batch.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { writeStream } from './write-stream.ts'

export interface FollowDependencies extends EndDependencies {
  readonly prices: PriceBook
  readonly bedrockJobs: BedrockJobs
  /** Ledger of the usage of callers, if the stack has one. */
  readonly usageLedger?: UsageLedger | undefined
}

/** State of a batch between two rounds. */
export interface FollowStep extends BatchStep {
  /** Items that were answered after the last round, and rounds since then without a new one. */
  readonly done?: number
  readonly idleRounds?: number
}

/** Step after which the batch has ended, or goes on after `waitSeconds`. */
export type FollowResult = FollowStep & { readonly isDone: boolean }

const MAX_WAIT_SECONDS = 300
/** Time between two looks at Bedrock's jobs: a small job ends soon, a large one takes hours. */
const MIN_POLL_SECONDS = 5
const MAX_POLL_SECONDS = 60
const RECORDS_PER_POLL_SECOND = 20

/** Follows a batch after a round: goes on with what is not answered, or joins the answers and ends the batch. */
export async function followBatch(step: FollowStep, dependencies: FollowDependencies): Promise<FollowResult> {
  const { store } = dependencies
  const [request, plan] = await Promise.all([
    readDocument<BatchRequest>(store, batchKey(step, 'request.json')),
    readDocument<BatchPlan>(store, batchKey(step, 'plan.json')),
  ])
  if (!request || !plan) throw new Error('the batch has no plan')
  const batch = { step, request: request.document, plan: plan.document }
  return step.route === 'bedrock' ? followBedrock(batch, dependencies) : followMap(batch, dependencies)
}

interface Followed {
  readonly step: FollowStep
  readonly request: BatchRequest
  readonly plan: BatchPlan
}

async function followMap({ step, request, plan }: Followed, dependencies: FollowDependencies): Promise<FollowResult> {
  const { store } = dependencies
  const ranges = await listRanges(store, step)
  const isOver = Date.now() >= expirationOf(request)
  if (ranges.size < plan.items && !isOver && !(await isStopped(store, step))) {
    const round = step.round + 1
    const next = itemsKey(step, round)
    const items = itemsWithout(ranges, readRange(store, { bucket: store.bucket, key: itemsKey(step, 0) }))
    await writeStream(store, { bucket: store.bucket, key: next }, items)
    const idleRounds = ranges.size > (step.done ?? 0) ? 0 : (step.idleRounds ?? 0) + 1
    const waitSeconds = Math.min(MAX_WAIT_SECONDS, 2 ** idleRounds)
    return { ...step, itemsKey: next, round, done: ranges.size, idleRounds, waitSeconds, isDone: false }
  }
  const joined = await joinMapAnswers({ request, plan, ranges, missing: isOver ? 'expired' : 'canceled' }, dependencies)
  const isWhole = joined.counts.processedRecordCount === plan.records
  const status = isWhole ? 'Completed' : isOver ? 'PartiallyCompleted' : 'Stopped'
  await endBatch(request, { status, ...joined }, dependencies)
  return { ...step, isDone: true }
}

/** Lines of the items that are not answered completely. */
async function* itemsWithout(
  ranges: ReadonlyMap<number, unknown>,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of readLines(chunks, { file: 'items', maxLineBytes: 1000 })) {
    const { item } = JSON.parse(bytes.toString()) as BatchItem
    if (!ranges.has(item)) yield Buffer.concat([bytes, Buffer.from('\n')])
  }
}

async function followBedrock(followed: Followed, dependencies: FollowDependencies): Promise<FollowResult> {
  const { step, request, plan } = followed
  const { store, bedrockJobs } = dependencies
  const { parts = [] } = plan
  const key = batchKey(step, 'progress.json')
  const earlier = (await readDocument<Progress>(store, key))?.document.jobs ?? []
  const isStopping = await isStopped(store, step)
  const jobs: PartJob[] = []
  for (const [number, part] of parts.entries()) {
    const known = earlier[number]
    if (known) jobs.push(await bedrockJobs.read(known))
    else if (isStopping) jobs.push({ status: 'Stopped', success: 0, error: 0 })
    else jobs.push(await bedrockJobs.start(request, part, number))
  }
  const isNoneStarted = jobs.every(({ jobArn }) => jobArn === undefined)
  const refusal = isNoneStarted ? jobs.find(({ message }) => message !== undefined)?.message : undefined
  if (refusal !== undefined && request.route === undefined) {
    const mapReason = `Bedrock's batch refused the input: ${refusal}`
    await store.put({ bucket: store.bucket, key }, JSON.stringify({ jobs: [], mapReason } satisfies Progress))
    return { ...step, route: 'map', waitSeconds: 0, isDone: false }
  }
  await store.put({ bucket: store.bucket, key }, JSON.stringify({ jobs } satisfies Progress))
  if (jobs.every(hasEnded)) {
    const joined = await joinPartOutputs({ request, plan, jobs }, dependencies)
    await dependencies.usageLedger?.record(toUsage(request, joined))
    await endBatch(request, { ...describeJobsEnd(jobs), ...joined }, dependencies)
    return { ...step, isDone: true }
  }
  if (isStopping) {
    for (const job of jobs) if (!hasEnded(job) && job.status !== 'Stopping') await bedrockJobs.stop(job)
  }
  const seconds = Math.ceil(plan.records / RECORDS_PER_POLL_SECOND)
  const waitSeconds = Math.min(MAX_POLL_SECONDS, Math.max(MIN_POLL_SECONDS, seconds))
  return { ...step, waitSeconds, isDone: false }
}

/** Makes the usage of a batch that Bedrock has answered. A repetition has the same id, so it adds nothing. */
function toUsage({ id, caller, modelId }: BatchRequest, { counts, usage, estimatedCost: { usd } }: Joined): UsageEntry {
  const { processedRecordCount: calls, errorRecordCount: errors } = counts
  const { inputTokens = 0, outputTokens = 0 } = usage
  const unpriced = usd === null ? calls : 0
  return {
    id: `batch-${id}`,
    caller,
    time: Date.now(),
    modelId,
    counts: { calls, errors, unpriced, inputTokens, outputTokens },
    usd,
  }
}

/** Status of a batch by those of its jobs: equal ones stand, different ones are PartiallyCompleted. */
function describeJobsEnd(jobs: readonly PartJob[]): Pick<BatchEnd, 'status' | 'message'> {
  const statuses = new Set(jobs.map(({ status }) => status))
  const [only] = statuses
  const message = jobs.find((job) => job.message !== undefined)?.message
  const status = statuses.size === 1 ? only : 'PartiallyCompleted'
  return { status: status as EndStatus, ...(message !== undefined && { message }) }
}
