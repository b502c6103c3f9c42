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

/** LIST calls after which a page ends short, with a token to go on: a filter may match nothing for a long time. */
const MOST_LISTINGS = 40
const READS_AT_ONCE = 32

/** S3's, for one LIST call. */
const PAGE_KEYS = 1000
/** How full a page should be that is guessed by the density of jobs: one that is too full is a LIST call in vain. */
const GOOD_FILL = 0.7
/** How much further the next guess reaches where there were no jobs at all. */
const GALLOP = 8
const LEAST_SPAN_MS = 1000

/** A job as its keys tell of it. */
interface Listed {
  readonly id: string
  readonly files: Set<string>
}

/** Ids between which jobs are looked for, both exclusive. */
interface Range {
  after: string
  before: string
  /** Oldest first: how much time a LIST call should cover, by those before, in milliseconds. */
  spanMs?: number
}

/** A run of jobs in the order asked for, and whether it is the last one. */
interface Chunk {
  readonly jobs: readonly Listed[]
  readonly isLast: boolean
}

/**
 * A page of a caller's jobs by their time of submission. Statuses come from the names of the keys; only what is answered
 * is read.
 *
 * @throws BedrockError ValidationException for a nextToken that is malformed, or that belongs to another filter
 */
export async function listJobs(store: ObjectStore, options: ListOptions): Promise<JobPage> {
  const { owner, status, maxJobs, ascending } = options
  const range = readRange(options)
  const listing = createListing(store, jobsPrefix(owner))
  const nextChunk = ascending ? listOldest : listNewest
  const found: Listed[] = []
  let cursor: string | undefined
  let isLast = false
  while (!isLast && found.length < maxJobs && listing.calls < MOST_LISTINGS) {
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
    // One that has ended since it was listed.
    jobs: jobs.filter(({ end }) => status === undefined || status === (end?.status ?? 'InProgress')),
    ...(!isLast && cursor !== undefined && { nextToken: encodeToken(cursor, range, options) }),
  }
}

interface Listing {
  readonly calls: number
  /** Jobs older than that id, newest first, of one LIST call; the last one may lack files where there are more. */
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
      // Behind all keys of the job of that id.
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

/** Newest first is S3's own order of the inverted ids. */
async function listNewest(listing: Listing, { after, before }: Range): Promise<Chunk> {
  const { jobs, isTruncated } = await listing.olderThan(before)
  // The last job of a cut page may have more files on the next one, which begins behind the job before it.
  const whole = isTruncated && jobs.length > 1 ? jobs.slice(0, -1) : jobs
  const within = whole.filter(({ id }) => id > after)
  return { jobs: within, isLast: !isTruncated || within.length < whole.length }
}

/**
 * Oldest first: S3 lists in one direction only, so that an id is looked for from which one page of older jobs reaches down
 * to the lower bound. The first guess goes by how densely the jobs before came. Where there is nothing below a guess, the
 * next one reaches further; where there is too much, by turns the time is halved and the page behind the last one is asked
 * for: that one helps where all jobs came at once, the other where there are very many.
 */
async function listOldest(listing: Listing, range: Range): Promise<Chunk> {
  const { after, before } = range
  const floor = Math.max(timeOfJobId(after), NO_JOB_BEFORE)
  const reach = (spanMs: number) => (floor + spanMs < timeOfJobId(before) ? lastIdAt(floor + spanMs) : before)
  let spanMs = range.spanMs ?? Number.POSITIVE_INFINITY
  let limit = reach(spanMs)
  /** Up to then there is none of the jobs asked for. */
  let low = floor
  /** One of them, with older ones below. */
  let high: string | undefined
  for (let turn = 0; ; turn += 1) {
    const { jobs, keyCount, isTruncated } = await listing.olderThan(limit)
    const within = jobs.filter(({ id }) => id > after)
    const reachesDown = !isTruncated || within.length < jobs.length
    if (reachesDown && (within.length > 0 || limit === before)) {
      range.spanMs = nextSpan(within, (keyCount * within.length) / jobs.length)
      return { jobs: within.reverse(), isLast: limit === before }
    }
    if (reachesDown) low = timeOfJobId(limit)
    // Below the last job of the page there need not be any; below the one before it there is that.
    else high = jobs.at(-2)?.id
    if (high === undefined) {
      spanMs *= GALLOP
      limit = reach(spanMs)
    } else {
      const middle = Math.floor((low + timeOfJobId(high)) / 2)
      limit = turn % 2 === 0 || middle <= low ? high : lastIdAt(middle)
    }
  }
}

/** How much time the next page should cover, in milliseconds, if jobs go on to come as densely. Newest first. */
function nextSpan(jobs: readonly Listed[], keyCount: number): number {
  const [newest, oldest] = [jobs[0], jobs.at(-1)].map((job) => timeOfJobId(job?.id ?? firstIdAt(0)))
  const spanMs = (newest ?? 0) - (oldest ?? 0)
  return Math.max(LEAST_SPAN_MS, Math.ceil((spanMs * GOOD_FILL * PAGE_KEYS) / keyCount))
}

/** What was begun and not accepted has an input at most. */
function isRequested({ files }: Listed): boolean {
  return files.has('request.json')
}

async function statusOf(store: ObjectStore, owner: string, { id, files }: Listed): Promise<JobStatus> {
  if (files.has('end.Completed')) return 'Completed'
  if (files.has('end.Failed')) return 'Failed'
  if (!files.has('end.json')) return 'InProgress'
  // Ended and not announced yet.
  return (await readJobFile<JobEnd>(store, { owner, id }, 'end.json'))?.document.status ?? 'InProgress'
}

async function readAll(store: ObjectStore, owner: string, listed: readonly Listed[]): Promise<Job[]> {
  const jobs: (Job | undefined)[] = []
  for (let start = 0; start < listed.length; start += READS_AT_ONCE) {
    const some = listed.slice(start, start + READS_AT_ONCE)
    jobs.push(...(await Promise.all(some.map(({ id }) => readJob(store, { owner, id })))))
  }
  // One that has expired since it was listed is not there any more.
  return jobs.filter((job) => job !== undefined)
}

/** Milliseconds since 1970; this code is not older. */
const NO_JOB_BEFORE = Date.UTC(2026, 0)

function readRange(options: ListOptions): Range {
  const { submittedAfter, submittedBefore, nextToken, ascending } = options
  const range: Range = {
    after: submittedAfter === undefined ? firstIdAt(0) : lastIdAt(submittedAfter),
    // Not only until now: clocks differ.
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

/** The filter, the id behind which the listing goes on, and for the oldest first the span in milliseconds, base 36. */
function encodeToken(cursor: string, { spanMs }: Range, options: ListOptions): string {
  const span = spanMs?.toString(36) ?? ''
  return Buffer.from(`${filterOf(options)}${cursor}${span}`).toString('base64url')
}

/** Eight hexadecimal digits that stand for the order and the filter of a listing: its tokens go with no other. */
function filterOf({ ascending, status, submittedAfter, submittedBefore }: ListOptions): string {
  const filter = JSON.stringify([ascending, status, submittedAfter, submittedBefore])
  return createHash('sha256').update(filter).digest('hex').slice(0, 8)
}

function decodeToken(nextToken: string, options: ListOptions): Cursor {
  const text = Buffer.from(nextToken, 'base64url').toString()
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
