import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeJobs, objectsOf } from '../../unit/runtime/jobs/support/many-jobs.ts'
import { createFunctions } from './support/functions.ts'
import { CALLER, OTHER_CALLER, OWNER } from './support/orders.ts'
import { sweep } from './support/recover.ts'
import { seedBuckets } from './support/seed.ts'
import { ARN_PREFIX, type Services, type Stack, startServices } from './support/start-services.ts'

const MANY = makeJobs(2500)

let directory: string
let services: Services
let many: Stack
let open: Stack

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jobs-listing-'))
  const buckets = new Map([
    ['jobs-0', new Map([...objectsOf(MANY, CALLER), ...objectsOf(MANY.slice(0, 3), OTHER_CALLER)])],
    // Foreign keys fill the sweep's first page, and a job that was begun long ago comes after them.
    [
      'jobs-1',
      new Map([
        ...Array.from({ length: 1000 }, (_, index) => [`open/!${index}`, ''] as const),
        [`open/000000000000~${OWNER}`, ''],
      ]),
    ],
  ])
  await seedBuckets(directory, buckets)
  services = await startServices({ stacks: 2, directory })
  many = services.createStack()
  open = services.createStack()
})
afterAll(async () => {
  await services.close()
  await rm(directory, { recursive: true, force: true })
})

const arnOf = (index: number) => `${ARN_PREFIX}:async-invoke/${MANY.at(index)?.id}`
const arnsOf = ({ asyncInvokeSummaries }: { asyncInvokeSummaries: { invocationArn: string }[] }) =>
  asyncInvokeSummaries.map(({ invocationArn }) => invocationArn)

function countLists(): number {
  return many.s3Requests.filter(({ operation }) => operation === 'ListObjectsV2').length
}

test('the newest of many jobs are listed in pages', async () => {
  const { list } = createFunctions(many)
  const first = await list({ maxResults: '60' })
  expect(arnsOf(first)).toEqual(Array.from({ length: 60 }, (_, index) => arnOf(-1 - index)))
  const second = await list({ maxResults: '60', nextToken: first.nextToken })
  expect(arnsOf(second)).toEqual(Array.from({ length: 60 }, (_, index) => arnOf(-61 - index)))
})

test('the oldest of many jobs are listed in pages, with few LIST calls', async () => {
  const { list } = createFunctions(many)
  const before = countLists()
  const first = await list({ maxResults: '60', sortOrder: 'Ascending' })
  expect(arnsOf(first)).toEqual(Array.from({ length: 60 }, (_, index) => arnOf(index)))
  expect(countLists() - before).toBeLessThanOrEqual(30)
  const second = await list({ maxResults: '60', sortOrder: 'Ascending', nextToken: first.nextToken })
  expect(arnsOf(second)).toEqual(Array.from({ length: 60 }, (_, index) => arnOf(60 + index)))
  await expect(list({ maxResults: '60', nextToken: first.nextToken })).rejects.toMatchObject({
    name: 'ValidationException',
  })
})

test('jobs are filtered by status and time', async () => {
  const { list } = createFunctions(many)
  const [from, to] = [MANY[400], MANY[1100]].map((job) => job?.time ?? 0)
  const wanted = MANY.flatMap(({ status, time }, index) =>
    status === 'Failed' && time > (from ?? 0) && time < (to ?? 0) ? [arnOf(index)] : [],
  )
  const page = await list({
    statusEquals: 'Failed',
    submitTimeAfter: new Date(from ?? 0).toISOString(),
    submitTimeBefore: new Date(to ?? 0).toISOString(),
    sortOrder: 'Ascending',
  })
  expect(wanted.length).toBeGreaterThan(3)
  expect(arnsOf(page)).toEqual(wanted)
  expect(page.asyncInvokeSummaries[0]).toMatchObject({ status: 'Failed', endTime: expect.any(String) })
})

test('jobs of other callers are not listed', async () => {
  const { list } = createFunctions(many)
  expect(arnsOf(await list({}, OTHER_CALLER))).toEqual([arnOf(2), arnOf(1), arnOf(0)])
  await expect(list({}, 'key:nobody')).resolves.toEqual({ asyncInvokeSummaries: [] })
})

test('the sweep reads all pages and ignores other keys', async () => {
  await expect(sweep(open)).resolves.toEqual({
    open: 0,
    called: 0,
    ended: 0,
    announced: 0,
    dropped: 1,
    failed: 0,
    oldestOpenMs: 0,
  })
  expect(await open.keys('open/0')).toEqual([])
  expect(await open.keys('open/!')).toHaveLength(1000)
})
