import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JobRequest, type JobStatus, jobKey, type ListOptions, listJobs } from '@bedrock-functions/runtime/jobs'
import { createFunctions } from './support/functions.ts'
import { CALLER, OTHER_CALLER, OTHER_OWNER, OWNER } from './support/orders.ts'
import { sweep } from './support/recover.ts'
import { seedBuckets } from './support/seed.ts'
import { ARN_PREFIX, NOVA, type Services, type Stack, startServices } from './support/start-services.ts'

/** Jobs by when they were submitted, oldest first. */
interface SeededJob {
  readonly id: string
  readonly time: number
  readonly status: JobStatus
}

const BEGIN = Date.UTC(2026, 5, 1)
const HOUR = 3_600_000
const STATUSES: readonly JobStatus[] = ['Completed', 'Failed', 'InProgress']

function makeId(time: number, number: number): string {
  return time.toString(36).padStart(8, '0') + number.toString(36).padStart(4, '0')
}

/** Bursts and long pauses: seconds apart, then a week, then many in one millisecond. */
function makeJobs(count: number): SeededJob[] {
  let time = BEGIN
  return Array.from({ length: count }, (_, index) => {
    if (index % 500 === 499) time += 7 * 24 * HOUR
    else if (index % 500 < 400) time += 1 + ((index * 7919) % 5000)
    const status = index % 100 === 0 ? 'Failed' : index % 10 === 1 ? 'InProgress' : 'Completed'
    return { id: makeId(time, index), time, status }
  })
}

function objectsOf(jobs: readonly SeededJob[], owner: string, caller: string): Map<string, string> {
  const objects = new Map<string, string>()
  for (const [index, { id, time, status }] of jobs.entries()) {
    const request: JobRequest = {
      id,
      owner,
      caller,
      kind: 'converse',
      modelId: NOVA,
      input: { text: '{}' },
      output: { s3Uri: 's3://jobs/output' },
      requestHash: '',
      submitTime: new Date(time).toISOString(),
    }
    const name = { owner, id }
    objects.set(jobKey(name, 'request.json'), JSON.stringify(request))
    if (index % 3 === 0) objects.set(jobKey(name, 'input'), '')
    if (index % 2 === 0) objects.set(jobKey(name, 'lease.json'), '')
    if (status === 'InProgress') continue
    const end = { status, endTime: new Date(time + 1000).toISOString(), outputs: [], attempts: 1 }
    objects.set(jobKey(name, 'end.json'), JSON.stringify(end))
    // Some have ended and are not announced yet.
    if (index % 7 !== 0) objects.set(jobKey(name, `end.${status}`), '')
  }
  return objects
}

const MANY = makeJobs(2500)
/** Begun, and never accepted: more of them than a LIST call gives. */
const ABANDONED = Array.from({ length: 1200 }, (_, index) => makeId(BEGIN + 20 * HOUR + index, index))
const AROUND_ABANDONED = [BEGIN, BEGIN + 40 * HOUR].map((time, index) => ({
  id: makeId(time, index),
  time,
  status: 'Completed' as const,
}))
/** More jobs of one millisecond than a LIST call gives. */
const BURST: SeededJob[] = Array.from({ length: 1100 }, (_, index) => ({
  id: makeId(BEGIN, index),
  time: BEGIN,
  status: 'InProgress',
}))

const MANY_OBJECTS = objectsOf(MANY, OWNER, CALLER)
const BURST_OBJECTS = objectsOf(BURST, OWNER, CALLER)

/**
 * The same stack whose objects are read out of memory: each LIST call is a real one, and the thousands of GETs, of which
 * these tests say nothing, are not.
 */
function readingFrom(stack: Stack, objects: ReadonlyMap<string, string>): Stack {
  const store: Stack['store'] = {
    ...stack.store,
    async get({ key }) {
      const body = objects.get(key)
      return body === undefined ? undefined : { body: Buffer.from(body), etag: '', metadata: {} }
    },
  }
  return Object.create(stack, { store: { value: store } })
}

let directory: string
let services: Services
let empty: Stack
/** Many jobs, of which everything is read from S3. */
let stored: Stack
let many: Stack
let abandoned: Stack
let burst: Stack
let open: Stack

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jobs-listing-'))
  await seedBuckets(
    directory,
    new Map([
      ['jobs-1', new Map([...MANY_OBJECTS, ...objectsOf(MANY.slice(0, 3), OTHER_OWNER, OTHER_CALLER)])],
      [
        'jobs-2',
        new Map([
          ...objectsOf(AROUND_ABANDONED, OWNER, CALLER),
          ...ABANDONED.map((id) => [jobKey({ owner: OWNER, id }, 'input'), ''] as const),
        ]),
      ],
      ['jobs-3', BURST_OBJECTS],
      // Foreign keys fill the sweep's first page, and a job that was begun long ago stands behind them.
      [
        'jobs-4',
        new Map([
          ...Array.from({ length: 1000 }, (_, index) => [`open/!${index}`, ''] as const),
          [`open/000000000000~${OWNER}`, ''],
        ]),
      ],
    ]),
  )
  services = await startServices({ stacks: 5, directory })
  empty = services.createStack()
  stored = services.createStack()
  many = readingFrom(stored, MANY_OBJECTS)
  abandoned = services.createStack()
  burst = readingFrom(services.createStack(), BURST_OBJECTS)
  open = services.createStack()
})
afterAll(async () => {
  await services.close()
  await rm(directory, { recursive: true, force: true })
})

const ALL: ListOptions = { owner: OWNER, ascending: false, maximum: 1000 }

/** Ids of all pages, and how many pages and LIST calls they took. */
async function listAll(stack: Stack, options: Partial<ListOptions>) {
  const ids: string[] = []
  let pages = 0
  let mostCalls = 0
  let nextToken: string | undefined
  do {
    const before = stack.s3Requests.length
    const page = await listJobs(stack.store, { ...ALL, ...options, ...(nextToken !== undefined && { nextToken }) })
    const calls = stack.s3Requests.slice(before).filter(({ operation }) => operation === 'ListObjectsV2').length
    mostCalls = Math.max(mostCalls, calls)
    pages += 1
    expect(page.jobs.length).toBeLessThanOrEqual(options.maximum ?? ALL.maximum)
    ids.push(...page.jobs.map(({ request }) => request.id))
    nextToken = page.nextToken
    if (pages > 3000) throw new Error('there is no end to the pages')
  } while (nextToken !== undefined)
  return { ids, pages, mostCalls }
}

/** What the listing must give, by its definition. */
function expected({ status, submittedAfter = 0, submittedBefore = Number.MAX_SAFE_INTEGER, ascending }: ListOptions) {
  const ids = MANY.filter(
    (job) => (status === undefined || job.status === status) && job.time > submittedAfter && job.time < submittedBefore,
  ).map(({ id }) => id)
  return ascending ? ids : ids.reverse()
}

describe.each([
  ['oldest first', true],
  ['newest first', false],
])('%s', (_, ascending) => {
  test('no jobs are an empty page without a token', async () => {
    await expect(listJobs(empty.store, { ...ALL, ascending })).resolves.toEqual({ jobs: [] })
  })

  test.each([[1000], [333], [100]])('pages of %i give every job once and in order', async (maximum) => {
    const { ids, mostCalls } = await listAll(many, { ascending, maximum })
    expect(ids).toEqual(expected({ ...ALL, ascending }))
    expect(mostCalls).toBeLessThanOrEqual(80)
  })

  test('pages of one job, of two, and of seven do so too', async () => {
    const submittedAfter = MANY[2440]?.time ?? 0
    for (const maximum of [1, 2, 7]) {
      const { ids, pages } = await listAll(many, { ascending, maximum, submittedAfter })
      expect(ids).toEqual(expected({ ...ALL, ascending, submittedAfter }))
      expect(pages).toBeGreaterThanOrEqual(Math.ceil(ids.length / maximum))
    }
  })

  test.each(STATUSES)('those that are %s, whether that was announced or not', async (status) => {
    const { ids } = await listAll(many, { ascending, status, maximum: 150 })
    expect(ids).toEqual(expected({ ...ALL, ascending, status }))
  })

  test('times bound it, themselves left out', async () => {
    const at = (index: number) => MANY[index]?.time ?? 0
    const bounds: [number | undefined, number | undefined][] = [
      [at(0), undefined],
      [at(0) - 1, at(1)],
      [undefined, at(0)],
      [undefined, at(0) + 1],
      [at(450), at(1700)],
      // Inside a pause, and inside a burst.
      [at(499) - HOUR, at(499) + HOUR],
      [at(450), at(450) + 1],
      [at(450) - 1, at(450) + 1],
      [at(2499), undefined],
      [at(2000), at(100)],
      [Date.UTC(1969, 0), Date.UTC(2300, 0)],
    ]
    for (const [submittedAfter, submittedBefore] of bounds) {
      const options = {
        ascending,
        ...(submittedAfter !== undefined && { submittedAfter }),
        ...(submittedBefore !== undefined && { submittedBefore }),
      }
      const { ids } = await listAll(many, options)
      expect(ids).toEqual(expected({ ...ALL, ...options }))
    }
  })

  test('status and times together', async () => {
    const submittedAfter = MANY[700]?.time ?? 0
    const options = { ascending, status: 'InProgress' as const, submittedAfter, maximum: 30 }
    expect((await listAll(many, options)).ids).toEqual(expected({ ...ALL, ...options }))
  })

  test('many that were begun and never accepted hide nobody', async () => {
    const { ids } = await listAll(abandoned, { ascending, maximum: 10 })
    const all = AROUND_ABANDONED.map(({ id }) => id)
    expect(ids).toEqual(ascending ? all : all.reverse())
  })

  test('more jobs in one millisecond than a LIST call gives are all there', async () => {
    const { ids } = await listAll(burst, { ascending, maximum: 400 })
    const all = BURST.map(({ id }) => id)
    expect(ids).toEqual(ascending ? all : all.reverse())
  })

  test("are the caller's own", async () => {
    const { ids } = await listAll(stored, { ascending, owner: OTHER_OWNER })
    expect(ids).toHaveLength(3)
  })

  test('a token of the other order, or of nobody, is refused', async () => {
    const { nextToken = '' } = await listJobs(many.store, { ...ALL, ascending: !ascending, maximum: 5 })
    expect(nextToken).not.toBe('')
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    const garbage = [
      '',
      '!',
      'null',
      '{}',
      encode('a'),
      encode(`${ascending ? 'a' : 'd'}../../..`),
      encode('x'.repeat(13)),
    ]
    for (const token of [nextToken, ...garbage]) {
      await expect(listJobs(many.store, { ...ALL, ascending, nextToken: token })).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('nextToken'),
      })
    }
  })
})

test('one job is a page without a token, found by every page size', async () => {
  const first = { submittedBefore: (MANY[0]?.time ?? 0) + 1 }
  for (const maximum of [1, 2, 1000]) {
    for (const ascending of [true, false]) {
      const page = await listJobs(many.store, { ...ALL, ...first, maximum, ascending })
      expect(page.jobs.map(({ request }) => request.id)).toEqual([MANY[0]?.id])
      expect(page.nextToken).toBeUndefined()
    }
  }
})

test('the whole of a long list takes a bounded number of LIST calls', async () => {
  const before = many.s3Requests.length
  await listAll(many, {})
  const countLists = (from: number) =>
    many.s3Requests.slice(from).filter(({ operation }) => operation === 'ListObjectsV2').length
  // 2,500 jobs have some 9,500 keys; the rest are pages that begin anew.
  expect(countLists(before)).toBeLessThanOrEqual(16)
  const between = many.s3Requests.length
  await listAll(many, { ascending: true })
  expect(countLists(between)).toBeLessThanOrEqual(250)
})

test('the API lists with its own names', async () => {
  const { list } = createFunctions(stored)
  const { asyncInvokeSummaries, nextToken } = await list({ maxResults: '2', sortOrder: 'Ascending' })
  expect(asyncInvokeSummaries).toMatchObject([
    { invocationArn: `${ARN_PREFIX}:async-invoke/${MANY[0]?.id}`, status: MANY[0]?.status },
    { invocationArn: `${ARN_PREFIX}:async-invoke/${MANY[1]?.id}`, status: MANY[1]?.status },
  ])
  const next = await list({ maxResults: '1', sortOrder: 'Ascending', nextToken })
  expect(next.asyncInvokeSummaries).toMatchObject([{ invocationArn: `${ARN_PREFIX}:async-invoke/${MANY[2]?.id}` }])
  await expect(list({ maxResults: '2', nextToken })).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(list({}, 'key:nobody')).resolves.toEqual({ asyncInvokeSummaries: [] })
})

test('the sweep goes over all pages, and leaves foreign keys alone', async () => {
  await expect(sweep(open)).resolves.toMatchObject({ dropped: 1, failed: 0 })
  expect(await open.keys('open/0')).toEqual([])
  expect(await open.keys('open/!')).toHaveLength(1000)
})
