import { type JobName, jobKey, readJob } from '@bedrock-functions/runtime/jobs'
import { takeLease } from '../../../layers/runtime/src/jobs/lease.ts'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { OWNER, start } from './support/orders.ts'
import { letTimePass, run, sweep } from './support/recover.ts'
import { announcedIds, outputKey, type Services, type Stack, startServices } from './support/start-services.ts'

let services: Services
let stack: Stack
let clock: ShiftedClock

beforeAll(async () => {
  services = await startServices({ stacks: 80 })
})
beforeEach(() => {
  clock = shiftClock()
  stack = services.createStack()
})
afterEach(() => {
  services.s3.setFault(undefined)
  clock.restore()
})
afterAll(() => services.close())

const LONG = 'word '.repeat(3000)

/** All writes of a start and of a worker: when they are made, and the beginning of their keys. */
const WRITES: [when: 'start' | 'work', what: string, prompt: string, prefix: (name: JobName) => string][] = [
  ['start', 'token', 'Hi', () => 'tokens/'],
  ['start', 'place in the list', 'Hi', () => 'open/'],
  ['start', 'input', LONG, () => 'jobs/'],
  ['start', 'request', 'Hi', () => 'jobs/'],
  ['work', 'lease', 'Hi', (name) => jobKey(name, 'lease.json')],
  ['work', 'output', 'Hi', outputKey],
  ['work', 'manifest', 'Hi', (name) => outputKey(name).replace('output.json', 'manifest.json')],
  ['work', 'end', 'Hi', (name) => jobKey(name, 'end.json')],
  ['work', 'mark of the announcement', 'Hi', (name) => jobKey(name, 'end.Completed')],
  ['work', 'next try', '[emulator:throttle=1]', (name) => jobKey(name, 'lease.json')],
]

describe.each([
  ['before it has taken effect', 'before', 503, 'SlowDown', 1],
  ['and has taken effect', 'after', 500, 'InternalError', 1],
  ['and has taken effect, and fails again', 'after', 503, 'SlowDown', 3],
] as const)('a write that fails %s', (_, stage, status, code, times) => {
  test.each(WRITES)(
    'in the %s, with the %s, leaves one job, one answer and one event',
    async (when, what, prompt, prefixOf) => {
      const fault = { operation: 'PutObject', status, code, times, stage } as const
      if (when === 'start') services.s3.setFault({ ...fault, keyPrefix: prefixOf({ owner: '', id: '' }) })
      const name = await start(stack, `${prompt} ${stage}${times}`, { clientRequestToken: 'token' })
      if (when === 'work') services.s3.setFault({ ...fault, keyPrefix: prefixOf(name) })
      await run(stack, name)
      expect(stack.s3Requests.filter(({ errorCode }) => errorCode === code).length).toBeGreaterThan(0)
      expect((await stack.keys('jobs/')).filter((key) => key.endsWith('request.json'))).toHaveLength(1)
      expect((await readJob(stack.store, name))?.end?.status).toBe('Completed')
      expect(stack.calls).toHaveLength(what === 'next try' ? 2 : 1)
      expect(await stack.versions(outputKey(name))).toBe(1)
      expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
      expect(await stack.keys('open/')).toEqual([])
    },
  )
})

test.each([
  ['start', 'tokens/'],
  ['start', 'open/'],
  ['start', 'jobs/'],
  ['worker', 'jobs/'],
  ['worker', 'output/'],
] as const)('an outage of S3 while a %s writes to %s loses nothing', async (who, keyPrefix) => {
  const token = { clientRequestToken: 'token' }
  const down = { operation: 'PutObject', keyPrefix, status: 503, code: 'SlowDown', times: 1000 } as const
  if (who === 'start') {
    services.s3.setFault(down)
    await expect(start(stack, LONG, token)).rejects.toMatchObject({ name: 'SlowDown' })
    services.s3.setFault(undefined)
  }
  const name = await start(stack, LONG, token)
  if (who === 'worker') {
    services.s3.setFault(down)
    await expect(run(stack, name, { requestId: 'same' })).rejects.toMatchObject({ name: 'SlowDown' })
    services.s3.setFault(undefined)
  }
  clock.advance(MINUTE)
  await run(stack, name, { requestId: 'same' })
  expect((await readJob(stack.store, name))?.end?.status).toBe('Completed')
  expect(stack.calls.length).toBeLessThanOrEqual(2)
  expect(await stack.versions(outputKey(name))).toBe(1)
  expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
})

test('an outage of S3 during a sweep does not end the sweep', async () => {
  await start(stack, 'Hi')
  clock.advance(2 * MINUTE)
  services.s3.setFault({ operation: 'HeadObject', status: 503, code: 'SlowDown', times: 1000 })
  await expect(sweep(stack)).resolves.toMatchObject({ failed: 1 })
  services.s3.setFault(undefined)
  await letTimePass(stack, clock, 1)
  expect(await stack.keys('open/')).toEqual([])
})

test('an outage of the event bus keeps a job on the list until its end is announced', async () => {
  const name = await start(stack, 'Hi')
  const deaf: Stack['events'] = {
    ...stack.events,
    async send(events) {
      if (events.length > 0) throw new Error('the bus is down')
    },
  }
  const cut: Stack = Object.create(stack, { events: { value: deaf } })
  await expect(run(cut, name)).rejects.toThrow('the bus is down')
  clock.advance(2 * MINUTE)
  await expect(sweep(cut)).resolves.toMatchObject({ failed: 1 })
  await expect(sweep(stack)).resolves.toMatchObject({ announced: 1 })
  expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
  expect(stack.calls).toHaveLength(1)
  expect(await stack.keys('open/')).toEqual([])
})

test('one of two claims with the same text in the same millisecond gets the lease', async () => {
  const name = { owner: OWNER, id: 'mi5abcde0xyz' }
  const bothHaveLooked = Promise.withResolvers<void>()
  let looks = 0
  const store: Stack['store'] = {
    ...stack.store,
    async get(location) {
      const found = await stack.store.get(location)
      looks += 1
      if (looks === 2) bothHaveLooked.resolve()
      if (looks <= 2) await bothHaveLooked.promise
      return found
    },
  }
  const claim = { holder: 'same', now: 1_000_000, until: 2_000_000 }
  const outcomes = await Promise.all([takeLease(store, name, claim), takeLease(store, name, claim)])
  expect(outcomes.filter(({ held }) => held !== undefined)).toHaveLength(1)
})
