import { createHash } from 'node:crypto'
import { BedrockError } from '../core/errors.ts'
import { firstIdAt, invertId, lastIdAt, timeOfJobId } from '../core/job-id.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobEnd, JobStatus } from './documents.ts'
import { jobsPrefix, parseJobKey } from './layout.ts'
import { type Job, readJob, readJobFile } from './read-job.ts'

export interface ListOptions {
  readonly owner: string
  readonly status?: JobStatus
  /** Milliseconds since 1970; both exclusive. */
  readonly submittedAfter?: number
  readonly submittedBefore?: number
  readonly ascending: boolean
  readonly maxJobs: number
  readonly nextToken?: string
}

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly nextToken?: string
}

/** Limit of LIST calls for one page. A filter may match few jobs, so the page may then be short and have a token. */
const MAX_LISTINGS = 40
const CONCURRENT_READS = 32

/** Keys in the answer to one LIST call of S3. */
const PAGE_KEYS = 1000
/** Share of a LIST call that an estimated time span should fill. If it has too many keys, the call is wasted. */
const TARGET_FILL = 0.7
/** Factor for the next time span if a span has no jobs. */
const SPAN_GROWTH = 8
const MIN_SPAN_MS = 1000

/** Job as its keys show it. */
interface Listed {
  readonly id: string
  readonly files: Set<string>
}

/** Range of ids to search, both bounds exclusive. */
interface Range {
  after: string
  before: string
  /** Time that a LIST call should cover, in milliseconds, estimated from earlier calls. For the oldest first. */
  spanMs?: number
}

/** Jobs in the requested order, and whether they are the last ones. */
interface Chunk {
  readonly jobs: readonly Listed[]
  readonly isLast: boolean
}

/**
 * Lists a page of a caller's jobs by their time of submission. Statuses come from the names of keys, so only the documents of
 * the returned jobs are read.
 *
 * @throws BedrockError ValidationException for a nextToken that is malformed or belongs to another filter
 */
export async function listJobs(store: ObjectStore, options: ListOptions): Promise<JobPage> {
  const { owner, status, maxJobs, ascending } = options
  const range = readRange(options)
  const listing = createListing(store, jobsPrefix(owner))
  const nextChunk = ascending ? listOldest : listNewest
  const found: Listed[] = []
  let cursor: string | undefined
  let isLast = false
  while (!isLast && found.length < maxJobs && listing.calls < MAX_LISTINGS) {
    const chunk = await nextChunk(listing, range)
    let taken = 0
    for (const job of chunk.jobs) {
      if (found.length === maxJobs) break
      taken += 1
      cursor = job.id
      if (!isRequested(job)) continue
      if (status === undefined || (await statusOf(store, owner, job)) === status) found.push(job)
    }
    isLast = chunk.isLast && taken === chunk.jobs.length
    if (cursor !== undefined) range[ascending ? 'after' : 'before'] = cursor
  }
  const jobs = await readAll(store, owner, found)
  return {
    // A job may have ended since it was listed.
    jobs: jobs.filter(({ end }) => status === undefined || status === (end?.status ?? 'InProgress')),
    ...(!isLast && cursor !== undefined && { nextToken: encodeToken(cursor, range, options) }),
  }
}

interface Listing {
  readonly calls: number
  /** Lists jobs older than this id, newest first, with one LIST call. If it is truncated, the last job may lack files. */
  olderThan(id: string): Promise<{ jobs: Listed[]; keyCount: number; isTruncated: boolean }>
}

function createListing(store: ObjectStore, prefix: string): Listing {
  let calls = 0
  return {
    get calls() {
      return calls
    },
    async olderThan(id) {
      calls += 1
      // `~` sorts after all keys of the job with this id.
      const { keys, isTruncated } = await store.list(prefix, { startAfter: `${prefix}${invertId(id)}/~` })
      const jobs: Listed[] = []
      for (const key of keys) {
        const name = parseJobKey(key)
        if (!name) continue
        if (jobs.at(-1)?.id !== name.id) jobs.push({ id: name.id, files: new Set() })
        jobs.at(-1)?.files.add(name.file)
      }
      return { jobs, keyCount: keys.length, isTruncated }
    },
  }
}

/** Lists the newest first, which is S3's order of the inverted ids. */
async function listNewest(listing: Listing, { after, before }: Range): Promise<Chunk> {
  const { jobs, isTruncated } = await listing.olderThan(before)
  // The last job of a truncated page may have more files. The next page lists it again.
  const whole = isTruncated && jobs.length > 1 ? jobs.slice(0, -1) : jobs
  const within = whole.filter(({ id }) => id > after)
  return { jobs: within, isLast: !isTruncated || within.length < whole.length }
}

/**
 * Lists the oldest first. S3 lists only newest first, so this searches for an id from which one LIST call of older jobs
 * reaches down to the lower bound. The first estimate uses the density of earlier jobs. If there are no jobs below an
 * estimate, the next one covers more time. If there are too many, two methods alternate: halving the time, which helps with
 * very many jobs, and listing after the last page, which helps if all jobs came at once.
 */
async function listOldest(listing: Listing, range: Range): Promise<Chunk> {
  const { after, before } = range
  const floor = Math.max(timeOfJobId(after), NO_JOB_BEFORE)
  const reach = (spanMs: number) => (floor + spanMs < timeOfJobId(before) ? lastIdAt(floor + spanMs) : before)
  let spanMs = range.spanMs ?? Number.POSITIVE_INFINITY
  let limit = reach(spanMs)
  /** Time before which no requested job exists. */
  let low = floor
  /** Id of a requested job that is not the oldest. */
  let high: string | undefined
  for (let step = 0; ; step += 1) {
    const { jobs, keyCount, isTruncated } = await listing.olderThan(limit)
    const within = jobs.filter(({ id }) => id > after)
    const reachesDown = !isTruncated || within.length < jobs.length
    if (reachesDown && (within.length > 0 || limit === before)) {
      range.spanMs = nextSpan(within, (keyCount * within.length) / jobs.length)
      return { jobs: within.reverse(), isLast: limit === before }
    }
    if (reachesDown) low = timeOfJobId(limit)
    // The job before the last one of the page certainly has an older one.
    else high = jobs.at(-2)?.id
    if (high === undefined) {
      spanMs *= SPAN_GROWTH
      limit = reach(spanMs)
    } else {
      const middle = Math.floor((low + timeOfJobId(high)) / 2)
      limit = step % 2 === 0 || middle <= low ? high : lastIdAt(middle)
    }
  }
}

/**
 * Estimates the time that the next LIST call should cover, in milliseconds, from the density of these jobs, newest first.
 */
function nextSpan(jobs: readonly Listed[], keyCount: number): number {
  const [newest, oldest] = [jobs[0], jobs.at(-1)].map((job) => timeOfJobId(job?.id ?? firstIdAt(0)))
  const spanMs = (newest ?? 0) - (oldest ?? 0)
  return Math.max(MIN_SPAN_MS, Math.ceil((spanMs * TARGET_FILL * PAGE_KEYS) / keyCount))
}

/** Tests whether a job was accepted. One that was begun and not accepted has at most an input. */
function isRequested({ files }: Listed): boolean {
  return files.has('request.json')
}

async function statusOf(store: ObjectStore, owner: string, { id, files }: Listed): Promise<JobStatus> {
  if (files.has('end.Completed')) return 'Completed'
  if (files.has('end.Failed')) return 'Failed'
  if (!files.has('end.json')) return 'InProgress'
  // The job has ended but is not announced yet.
  return (await readJobFile<JobEnd>(store, { owner, id }, 'end.json'))?.document.status ?? 'InProgress'
}

async function readAll(store: ObjectStore, owner: string, listed: readonly Listed[]): Promise<Job[]> {
  const jobs: (Job | undefined)[] = []
  for (let start = 0; start < listed.length; start += CONCURRENT_READS) {
    const chunk = listed.slice(start, start + CONCURRENT_READS)
    jobs.push(...(await Promise.all(chunk.map(({ id }) => readJob(store, { owner, id })))))
  }
  // A job may have expired since it was listed.
  return jobs.filter((job) => job !== undefined)
}

/** Time before the first job of this suite, in milliseconds since 1970. */
const NO_JOB_BEFORE = Date.UTC(2026, 0)

function readRange(options: ListOptions): Range {
  const { submittedAfter, submittedBefore, nextToken, ascending } = options
  const range: Range = {
    after: submittedAfter === undefined ? firstIdAt(0) : lastIdAt(submittedAfter),
    // An hour in the future, since clocks differ.
    before: firstIdAt(submittedBefore ?? Date.now() + 3_600_000),
  }
  if (nextToken === undefined) return range
  const { id, ...span } = decodeToken(nextToken, options)
  if (ascending) return id > range.after ? { ...range, ...span, after: id } : range
  return id < range.before ? { ...range, before: id } : range
}

interface Cursor {
  readonly id: string
  readonly spanMs?: number
}

/**
 * Encodes the filter, the id after which the listing continues, and for the oldest first the span in milliseconds, base 36.
 */
function encodeToken(cursor: string, { spanMs }: Range, options: ListOptions): string {
  const span = spanMs?.toString(36) ?? ''
  return Buffer.from(`${filterOf(options)}${cursor}${span}`).toString('base64url')
}

/** Hashes the order and filter of a listing to eight hexadecimal digits. A token is valid only for the same ones. */
function filterOf({ ascending, status, submittedAfter, submittedBefore }: ListOptions): string {
  const filter = JSON.stringify([ascending, status, submittedAfter, submittedBefore])
  return createHash('sha256').update(filter).digest('hex').slice(0, 8)
}

function decodeToken(nextToken: string, options: ListOptions): Cursor {
  const bytes = Buffer.from(nextToken, 'base64url')
  // The decoder ignores what is not base64url. Such a token is refused, too.
  const text = bytes.toString('base64url') === nextToken ? bytes.toString() : ''
  const { filter, id, span } =
    /^(?<filter>[0-9a-f]{8})(?<id>[a-z0-9]{12})(?<span>[a-z0-9]{0,10})$/.exec(text)?.groups ?? {}
  if (filter === filterOf(options) && id !== undefined) {
    return { id, ...(span && { spanMs: Math.max(1, Number.parseInt(span, 36)) }) }
  }
  throw new BedrockError(
    'ValidationException',
    'nextToken is not one that a listing with the same filter and order gave.',
  )
}
