import { randomUUID } from 'node:crypto'
import { timeOfJobId } from '../core/job-id.ts'
import type { JobEnd, JobLease, JobRequest } from './documents.ts'
import { type JobEvent, MAX_EVENTS_PER_CALL } from './event-sender.ts'
import { announceEnd } from './finish-job.ts'
import { type JobName, jobKey, openKey, PREFIXES, parseOpenKey } from './layout.ts'
import { CLOCK_MARGIN_MS } from './lease.ts'
import { readJob, readJobFile, type Versioned } from './read-job.ts'
import { finishLostJob } from './run-job.ts'
import { type SettleDependencies, settleBedrockJob } from './settle-bedrock-job.ts'

export interface SweepOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Signal that ends the sweep between two jobs. The next sweep continues. */
  readonly signal: AbortSignal
  /** Called with the error of a job that could not be swept. */
  readonly onFailed?: (reason: unknown) => void
}

/** Number of jobs that a sweep found in each state, for log and metrics. */
export interface SweepReport {
  /** Jobs that are accepted and have not ended. */
  readonly open: number
  /** Jobs whose worker was called, since the earlier worker or its event was lost, or the next try was due. */
  readonly called: number
  /** Jobs that the sweep ended, since their worker was lost or Bedrock had ended them. */
  readonly ended: number
  /** Jobs that had ended and were announced by the sweep. */
  readonly announced: number
  /** Jobs that were begun by a caller and never accepted. */
  readonly dropped: number
  /** Jobs whose sweep failed, e.g. since Bedrock did not answer. The next sweep tries again. */
  readonly failed: number
  /** Age of the oldest job that has not ended, in milliseconds; 0 if there is none. */
  readonly oldestOpenMs: number
}

/** Time for a job's own event and worker before the sweep acts. */
const GRACE_MS = 60_000
/** Time after which a start is abandoned. It is longer than any start of a job can take. */
const ABANDONED_MS = 15 * 60_000
/** Time that a call of a worker may wait in Lambda's queue before it is repeated. */
const REMINDER_MS = 15 * 60_000
const CONCURRENT_JOBS = 16
/** Longest time that Lambda keeps an asynchronous invocation in its queue. */
const MAX_QUEUE_MS = 6 * 60 * 60_000

/**
 * Sweeps every open job: continues or ends a job that crashed or whose event was lost. Jobs may be swept in any order and by
 * concurrent sweeps, since all writes are conditional.
 */
export async function sweepJobs(options: SweepOptions, dependencies: SettleDependencies): Promise<SweepReport> {
  const { store } = dependencies
  const counts = { open: 0, called: 0, ended: 0, announced: 0, dropped: 0, failed: 0 }
  let oldestOpenMs = 0
  let continuation: string | undefined
  while (!options.signal.aborted) {
    const page = await store.list(PREFIXES.open, { ...(continuation !== undefined && { continuation }) })
    const names = page.keys.map(parseOpenKey).filter((name) => name !== undefined)
    for (let start = 0; start < names.length && !options.signal.aborted; start += CONCURRENT_JOBS) {
      const chunk = names.slice(start, start + CONCURRENT_JOBS)
      const findings = await Promise.allSettled(chunk.map((name) => sweepJob(name, options, dependencies)))
      const calls: WorkerCall[] = []
      oldestOpenMs = Math.max(oldestOpenMs, ageOfOldest(chunk, findings, options.now))
      for (const finding of findings) {
        if (finding.status === 'rejected') {
          counts.failed += 1
          options.onFailed?.(finding.reason)
        } else {
          counts[finding.value.state] += 1
          if (finding.value.call) calls.push(finding.value.call)
        }
      }
      for (let first = 0; first < calls.length; first += MAX_EVENTS_PER_CALL) {
        const chunk = calls.slice(first, first + MAX_EVENTS_PER_CALL)
        counts.failed += await callWorkers(chunk, options, dependencies)
      }
    }
    continuation = page.continuation
    if (continuation === undefined) break
  }
  return { ...counts, oldestOpenMs }
}

/** Returns the age of the oldest job that has not ended as far as the sweep knows, in milliseconds; 0 if there is none. */
function ageOfOldest(
  names: readonly JobName[],
  findings: readonly PromiseSettledResult<Finding>[],
  now: number,
): number {
  const isOpen = (finding: PromiseSettledResult<Finding> | undefined) =>
    finding?.status === 'rejected' || finding?.value.state === 'open' || finding?.value.state === 'called'
  const ages = names.filter((_, index) => isOpen(findings[index])).map(({ id }) => now - timeOfJobId(id))
  return Math.max(0, ...ages)
}

/** Call of a worker that is due. */
interface WorkerCall {
  readonly event: JobEvent
  /** Removes the call from the lease. */
  undo(): Promise<unknown>
}

interface Finding {
  readonly state: Exclude<keyof SweepReport, 'oldestOpenMs'>
  readonly call?: WorkerCall
}

/**
 * Sends the events that call workers. If the bus refuses them, the next sweep sends them again.
 *
 * @returns the number of events that were not sent
 */
async function callWorkers(
  calls: readonly WorkerCall[],
  { onFailed }: SweepOptions,
  { events }: SettleDependencies,
): Promise<number> {
  try {
    await events.send(calls.map(({ event }) => event))
    return 0
  } catch (error) {
    onFailed?.(error)
    await Promise.allSettled(calls.map((call) => call.undo()))
    return calls.length
  }
}

async function sweepJob(
  name: JobName,
  { now, signal }: SweepOptions,
  dependencies: SettleDependencies,
): Promise<Finding> {
  const { store } = dependencies
  const isYoung = now - timeOfJobId(name.id) < GRACE_MS
  // A young job that has ended announces itself, so its end need not be looked for.
  const end = isYoung ? undefined : await store.head({ bucket: store.bucket, key: jobKey(name, 'end.json') })
  if (end) {
    if (now - end.lastModified < GRACE_MS) return { state: 'open' }
    const job = await readJob(store, name)
    if (!job?.end || (await isAnnounced(name, job.end, dependencies))) await dropOpen(name, dependencies)
    else await announceEnd({ request: job.request, end: job.end }, dependencies)
    return { state: 'announced' }
  }
  const lease = await readJobFile<JobLease>(store, name, 'lease.json')
  if (lease?.document.holder) {
    const { until, attempt } = lease.document
    if (now <= until + CLOCK_MARGIN_MS) return { state: 'open' }
    const request = await readJobFile<JobRequest>(store, name, 'request.json')
    if (!request) return { state: 'open' }
    await finishLostJob(request.document, attempt, dependencies)
    return { state: 'ended' }
  }
  if (!lease && isYoung) return { state: 'open' }
  const request = await readJobFile<JobRequest>(store, name, 'request.json')
  if (!request) {
    if (now - timeOfJobId(name.id) < ABANDONED_MS) return { state: 'open' }
    await dropOpen(name, dependencies)
    return { state: 'dropped' }
  }
  if (request.document.kind === 'bedrock') {
    return { state: (await settleBedrockJob(request.document, dependencies, signal)) ? 'ended' : 'open' }
  }
  const age = now - timeOfJobId(name.id)
  if (age > dependencies.configuration.maxAgeMs + MAX_QUEUE_MS) return giveUp(request.document, lease, dependencies)
  return callWorker(name, lease, now, dependencies)
}

/** Ends an expired job. Takes the lease first: a worker may be starting. */
async function giveUp(
  request: JobRequest,
  lease: Versioned<JobLease> | undefined,
  dependencies: SettleDependencies,
): Promise<Finding> {
  const { store } = dependencies
  const { attempt = 0, notBefore = 0, remindedAt = 0 } = lease?.document ?? {}
  const location = { bucket: store.bucket, key: jobKey(request, 'lease.json') }
  const taken: JobLease = { attempt, holder: 'sweep', until: 0, notBefore, remindedAt, writer: randomUUID() }
  const body = JSON.stringify(taken)
  const isOurs = lease ? await store.replace(location, lease.etag, body) : await store.putNew(location, body)
  if (!isOurs) return { state: 'open' }
  await finishLostJob(request, attempt, dependencies)
  return { state: 'ended' }
}

/**
 * Records in the lease that a worker is called, so that sweeps do not add to a queue that is long for lack of concurrency. It
 * does so before the call: a later write could take the lease from the worker that starts.
 */
async function callWorker(
  name: JobName,
  lease: Versioned<JobLease> | undefined,
  now: number,
  { store }: SettleDependencies,
): Promise<Finding> {
  const { attempt = 0, notBefore = 0, remindedAt = 0 } = lease?.document ?? {}
  if (notBefore > now || (remindedAt >= notBefore && now - remindedAt < REMINDER_MS)) return { state: 'open' }
  const location = { bucket: store.bucket, key: jobKey(name, 'lease.json') }
  const next: JobLease = { attempt, holder: null, until: 0, notBefore, remindedAt: now, writer: randomUUID() }
  const body = JSON.stringify(next)
  const noted = lease ? await store.replace(location, lease.etag, body) : await store.putNew(location, body)
  if (!noted) return { state: 'open' }
  const key = jobKey(name, 'request.json')
  const before: JobLease = { ...next, remindedAt, writer: randomUUID() }
  return {
    state: 'called',
    call: {
      event: {
        detailType: 'Inference Job Due',
        resources: [],
        detail: { bucket: { name: store.bucket }, object: { key } },
      },
      undo: () => store.replace(location, noted.etag, JSON.stringify(before)),
    },
  }
}

async function isAnnounced(name: JobName, { status }: JobEnd, { store }: SettleDependencies): Promise<boolean> {
  return (await store.head({ bucket: store.bucket, key: jobKey(name, `end.${status}`) })) !== undefined
}

async function dropOpen(name: JobName, { store }: SettleDependencies): Promise<void> {
  await store.delete({ bucket: store.bucket, key: openKey(name) })
}
