import { ownerOf } from '@bedrock-functions/runtime/core'
import { type JobStatus, jobKey, type ListOptions, listJobs } from '@bedrock-functions/runtime/jobs'
import { createListedStore, type ListedStore } from './support/listed-store.ts'
import { BEGIN, HOUR, makeId, makeJobs, objectsOf, type SeededJob } from './support/many-jobs.ts'

const CALLER = 'key:one'
const OWNER = ownerOf(CALLER)
const ALL: ListOptions = { owner: OWNER, ascending: false, maxJobs: 1000 }
const STATUSES: readonly JobStatus[] = ['Completed', 'Failed', 'InProgress']

const MANY = makeJobs(2500)
const EVEN: SeededJob[] = Array.from({ length: 2500 }, (_, index) => {
  const time = BEGIN + index * 60_000
  return { id: makeId(time, index), time, status: 'Completed' }
})
/** More jobs of one millisecond than a LIST call returns. */
const BURST: SeededJob[] = Array.from({ length: 1100 }, (_, index) => ({
  id: makeId(BEGIN, index),
  time: BEGIN,
  status: 'InProgress',
}))
const FEW: SeededJob[] = [BEGIN, BEGIN + 40 * HOUR].map((time, index) => ({
  id: makeId(time, index),
  time,
  status: 'Completed',
}))

const many = createListedStore(
  new Map([...objectsOf(MANY, CALLER), ...objectsOf(MANY.slice(0, 3), 'key:two'), ...objectsOf(FEW, 'key:three')]),
)

/** Lists all pages: their ids, the numbers of pages and LIST calls, and the most calls of a page. */
async function listAll(from: ListedStore, options: Partial<ListOptions>) {
  const ids: string[] = []
  const begun = from.lists
  let pages = 0
  let mostLists = 0
  let nextToken: string | undefined
  do {
    const before = from.lists
    const page = await listJobs(from.store, { ...ALL, ...options, ...(nextToken !== undefined && { nextToken }) })
    mostLists = Math.max(mostLists, from.lists - before)
    pages += 1
    expect(page.jobs.length).toBeLessThanOrEqual(options.maxJobs ?? ALL.maxJobs)
    ids.push(...page.jobs.map(({ request }) => request.id))
    nextToken = page.nextToken
    if (pages > 3000) throw new Error('there is no end to the pages')
  } while (nextToken !== undefined)
  return { ids, pages, mostLists, lists: from.lists - begun }
}

/** Returns the expected result of a listing. */
function expected(jobs: readonly SeededJob[], options: Partial<ListOptions>): string[] {
  const { status, submittedAfter = 0, submittedBefore = Number.MAX_SAFE_INTEGER, ascending } = options
  const ids = jobs
    .filter(
      (job) =>
        (status === undefined || job.status === status) && job.time > submittedAfter && job.time < submittedBefore,
    )
    .map(({ id }) => id)
  return ascending ? ids : ids.reverse()
}

describe.each([
  ['oldest first', true],
  ['newest first', false],
])('a listing with the %s', (_, ascending) => {
  test('without jobs is an empty page without a token', async () => {
    const { store } = createListedStore(new Map())
    await expect(listJobs(store, { ...ALL, ascending })).resolves.toEqual({ jobs: [] })
  })

  test('of one job is a page without a token, for every page size', async () => {
    const { store } = createListedStore(objectsOf(FEW.slice(0, 1), CALLER))
    for (const maxJobs of [1, 2, 1000]) {
      const page = await listJobs(store, { ...ALL, ascending, maxJobs })
      expect(page).toMatchObject({ jobs: [{ request: { id: FEW[0]?.id } }] })
      expect(page.nextToken).toBeUndefined()
    }
  })

  test.each([1000, 333, 100])('in pages of %i has every job once and in order', async (maxJobs) => {
    expect((await listAll(many, { ascending, maxJobs })).ids).toEqual(expected(MANY, { ascending }))
  })

  test.each([1, 2, 7])('in pages of %i within bounds has every job once', async (maxJobs) => {
    const bounds = { submittedAfter: MANY[2360]?.time ?? 0 }
    const { ids, pages } = await listAll(many, { ascending, maxJobs, ...bounds })
    expect(ids).toEqual(expected(MANY, { ascending, ...bounds }))
    expect(pages).toBeGreaterThanOrEqual(ids.length / maxJobs)
  })

  test.each(STATUSES)('by the status %s has all such jobs, announced or not', async (status) => {
    const { ids } = await listAll(many, { ascending, status, maxJobs: 150 })
    expect(ids).toEqual(expected(MANY, { ascending, status }))
  })

  test('by times excludes the bounds', async () => {
    const at = (index: number) => MANY[index]?.time ?? 0
    const bounds: [number | undefined, number | undefined][] = [
      [at(0), undefined],
      [at(0) - 1, at(1)],
      [undefined, at(0)],
      [undefined, at(0) + 1],
      [at(450), at(1700)],
      // One bound is inside a pause, and one inside a millisecond.
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
      expect((await listAll(many, { ...options, maxJobs: 400 })).ids).toEqual(expected(MANY, options))
    }
  })

  test('may combine status and times', async () => {
    const options = { ascending, status: 'InProgress' as const, submittedAfter: MANY[700]?.time ?? 0 }
    expect((await listAll(many, { ...options, maxJobs: 30 })).ids).toEqual(expected(MANY, options))
  })

  test('is not hidden by many jobs that were never accepted', async () => {
    const abandoned = Array.from({ length: 2400 }, (_, index) => {
      const id = makeId(BEGIN + 20 * HOUR + index, index)
      return [jobKey({ owner: OWNER, id }, 'input'), ''] as const
    })
    const store = createListedStore(new Map([...objectsOf(FEW, CALLER), ...abandoned]))
    expect((await listAll(store, { ascending, maxJobs: 10 })).ids).toEqual(expected(FEW, { ascending }))
  })

  test('has all jobs of one millisecond, even if they exceed a LIST call', async () => {
    const store = createListedStore(objectsOf(BURST, CALLER))
    for (const maxJobs of [400, 1000]) {
      expect((await listAll(store, { ascending, maxJobs })).ids).toEqual(expected(BURST, { ascending }))
    }
  })

  test("has only the caller's jobs", async () => {
    expect((await listAll(many, { ascending, owner: ownerOf('key:two') })).ids).toHaveLength(3)
    expect((await listAll(many, { ascending, owner: ownerOf('key:nobody') })).ids).toEqual([])
  })

  test('refuses a token of the other order and a malformed one', async () => {
    const { nextToken = '' } = await listJobs(many.store, { ...ALL, ascending: !ascending, maxJobs: 5 })
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    const order = ascending ? 'a' : 'd'
    const garbage = ['', '!', 'null', '{}', order, `${order}../../..`, `${order}${'0'.repeat(40)}`, 'x'.repeat(13)]
    const { nextToken: own = '' } = await listJobs(many.store, { ...ALL, ascending, maxJobs: 5 })
    for (const token of [nextToken, `${own}!`, `${own}=`, '', '!', ...garbage.map(encode)]) {
      await expect(listJobs(many.store, { ...ALL, ascending, nextToken: token })).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('nextToken'),
      })
    }
  })

  test("with a token of another caller's listing has only the own jobs", async () => {
    const { nextToken } = await listJobs(many.store, { ascending, owner: OWNER, maxJobs: 1 })
    const owner = ownerOf('key:two')
    const all = (await listAll(many, { ascending, owner })).ids
    const { ids } = await listAll(many, { ascending, owner, ...(nextToken !== undefined && { nextToken }) })
    expect(all).toHaveLength(3)
    expect(all).toEqual(expect.arrayContaining(ids))
  })

  test.each([
    ['status', { status: 'Failed' }],
    ['time', { submittedAfter: BEGIN }],
    ['order', { ascending: !ascending }],
  ] as const)('refuses a token of another %s', async (_, changes) => {
    const { nextToken } = await listJobs(many.store, { ascending, owner: OWNER, maxJobs: 1 })
    if (nextToken === undefined) throw new Error('a page of one has a token')
    const other = listJobs(many.store, { ascending, owner: OWNER, maxJobs: 1, nextToken, ...changes })
    await expect(other).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'nextToken is not one that a listing with the same filter and order gave.',
    })
  })

  test('of jobs at random times in random pages has every job once', async () => {
    // A linear congruential generator: the same jobs in every run.
    let state = ascending ? 11 : 12
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return state % below
    }
    for (let round = 0; round < 8; round += 1) {
      let time = BEGIN
      const jobs = Array.from({ length: random(1500) }, (_, index): SeededJob => {
        time += random(4) === 0 ? random(10 ** random(9)) : random(3)
        return { id: makeId(time, index), time, status: STATUSES[random(3)] ?? 'Completed' }
      })
      const store = createListedStore(objectsOf(jobs, CALLER))
      const status = STATUSES[random(6)]
      const options = { ascending, ...(status && { status }), submittedAfter: BEGIN + random(10 ** 8) }
      const { ids } = await listAll(store, { ...options, maxJobs: 1 + random(600) })
      expect(ids).toEqual(expected(jobs, options))
    }
  })
})

test.each([
  ['newest first, evenly', EVEN, false, 1000, 12, 4],
  ['oldest first, evenly', EVEN, true, 1000, 50, 30],
  ['oldest first, evenly, in small pages', EVEN, true, 100, 80, 30],
  ['newest first, with bursts and pauses', MANY, false, 1000, 12, 4],
  ['oldest first, with bursts and pauses', MANY, true, 1000, 80, 40],
] as const)(
  'a listing %s needs a bounded number of LIST calls',
  async (_, jobs, ascending, maxJobs, most, mostOfAPage) => {
    const { ids, lists, mostLists } = await listAll(createListedStore(objectsOf(jobs, CALLER)), { ascending, maxJobs })
    expect(ids).toHaveLength(jobs.length)
    expect(lists).toBeLessThanOrEqual(most)
    expect(mostLists).toBeLessThanOrEqual(mostOfAPage)
  },
)

test('a listing leaves out a job that ends between its listing and its reading', async () => {
  const [job] = MANY.filter(({ status }) => status === 'Completed')
  const objects = objectsOf(job ? [job] : [], CALLER)
  const { store } = createListedStore(objects)
  const early = {
    ...store,
    async list(prefix: string, options?: { startAfter?: string }) {
      const { keys, ...rest } = await store.list(prefix, options)
      return { keys: keys.filter((key) => !key.includes('/end.')), ...rest }
    },
  }
  await expect(listJobs(early, { ...ALL, status: 'InProgress' })).resolves.toMatchObject({ jobs: [] })
  await expect(listJobs(early, ALL)).resolves.toMatchObject({ jobs: [{ end: { status: 'Completed' } }] })
})
