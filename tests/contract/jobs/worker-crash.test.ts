import { type JobName, readJob } from '@bedrock-functions/runtime/jobs'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { killAfter, untilKilled } from './support/kill.ts'
import { start } from './support/orders.ts'
import { answerCalls, run, sweep } from './support/recover.ts'
import { announcedIds, outputKey, type Services, type Stack, startServices } from './support/start-services.ts'

let services: Services
let clock: ShiftedClock

beforeAll(async () => {
  services = await startServices({ stacks: 300 })
})
beforeEach(() => {
  clock = shiftClock()
})
afterEach(() => clock.restore())
afterAll(() => services.close())

/** Effects of a worker, in order. */
const EFFECTS = [
  'putNew lease.json',
  'call',
  'putNew output.json',
  'put manifest.json',
  'putNew end.json',
  'event',
  'put end.Completed',
  'delete open',
]
const POINTS = Array.from({ length: EFFECTS.length + 1 }, (_, effects) => effects)
const behind = (effects: number) => (effects === 0 ? 'before anything' : `behind ${EFFECTS[effects - 1]}`)

test('the worker makes the writes that the kills count', async () => {
  const doomed = killAfter(services.createStack(), Number.POSITIVE_INFINITY)
  await run(doomed, await start(doomed, 'Hi'))
  expect(doomed.effects.slice(-EFFECTS.length)).toEqual(EFFECTS)
})

interface Case {
  readonly stack: Stack
  readonly name: JobName
}

/** Runs the steps for each item, concurrently, on a stack with a job of its own. */
async function eachAtOnce<Item>(
  items: readonly Item[],
  prompt: string,
  ...steps: ((entry: Case, item: Item) => Promise<unknown>)[]
): Promise<(Case & { item: Item })[]> {
  const cases = await Promise.all(
    items.map(async (item, index) => {
      const stack = services.createStack()
      // The emulator counts refusals per request, so each one has its own text.
      return { stack, item, name: await start(stack, `${prompt} ${index}`) }
    }),
  )
  for (const step of steps) {
    await Promise.all(cases.map((entry) => step(entry, entry.item)))
    clock.advance(3 * MINUTE)
  }
  return cases
}

/** Advances the time for all of them. */
async function settle(cases: readonly Case[], sweeps = 2): Promise<void> {
  for (let count = 0; count < sweeps; count += 1) {
    clock.advance(16 * MINUTE)
    await Promise.all(cases.map(({ stack }) => sweep(stack)))
    await Promise.all(cases.map(({ stack }) => answerCalls(stack)))
  }
}

/**
 * @param crashes number of kills. Each one may cost a call and repeat the event.
 */
async function expectOneEnd({ stack, name }: Case, crashes = 1) {
  const job = await readJob(stack.store, name)
  const { status = 'InProgress' } = job?.end ?? {}
  expect(await stack.keys('open/')).toEqual([])
  expect(stack.calls.length).toBeLessThanOrEqual(1 + crashes)
  const announced = announcedIds(stack.events)
  expect(new Set(announced)).toEqual(new Set([`${name.id}-${status}`]))
  expect(announced.length).toBeLessThanOrEqual(1 + crashes)
  expect(await stack.versions(outputKey(name))).toBe(status === 'Completed' ? 1 : 0)
  return { status, calls: stack.calls.length, events: announced.length }
}

const kill = ({ stack, name }: Case, effects: number, requestId?: string) =>
  untilKilled(run(killAfter(stack, effects), name, requestId === undefined ? {} : { requestId }))

test('a repeated invocation ends the job after a kill at any write', async () => {
  const cases = await eachAtOnce(
    POINTS,
    'Hi',
    (entry, effects) => kill(entry, effects, 'same'),
    ({ stack, name }) => run(stack, name, { requestId: 'same' }),
    ({ stack }) => sweep(stack),
  )
  for (const { item: effects, ...entry } of cases) {
    const end = await expectOneEnd(entry)
    expect([behind(effects), end]).toEqual([
      behind(effects),
      // A paid call is repeated only if its answer was not stored.
      { status: 'Completed', calls: effects === 2 ? 2 : 1, events: effects === 6 ? 2 : 1 },
    ])
  }
})

test('the sweep ends the job after a kill at any write without another event', async () => {
  const cases = await eachAtOnce(POINTS, 'Hi', (entry, effects) => kill(entry, effects))
  await settle(cases)
  for (const { item: effects, ...entry } of cases) {
    const { status } = await expectOneEnd(entry)
    // The lease holder may have made the call, so it is not repeated.
    const expected = effects === 1 || effects === 2 ? 'Failed' : 'Completed'
    expect([behind(effects), status]).toEqual([behind(effects), expected])
  }
})

test('duplicates of the event end the job after a kill at any write', async () => {
  const twice = ({ stack, name }: Case) => Promise.all([run(stack, name), run(stack, name)])
  const cases = await eachAtOnce(POINTS, 'Hi', (entry, effects) => kill(entry, effects), twice)
  clock.advance(16 * MINUTE)
  await Promise.all(cases.map(async (entry) => Promise.all([twice(entry), sweep(entry.stack)])))
  await settle(cases, 1)
  for (const entry of cases) await expectOneEnd(entry)
})

test('a job ends once after a kill at any write and another in its repetition', async () => {
  const pairs = [1, 2, 3, 5].flatMap((first) => [2, 3, 5].map((second) => ({ first, second })))
  const cases = await eachAtOnce(
    pairs,
    'Hi',
    (entry, { first }) => kill(entry, first, 'same'),
    (entry, { second }) => kill(entry, second, 'same'),
  )
  await settle(cases)
  for (const entry of cases) await expectOneEnd(entry, 2)
})

test('a job is retried after a kill in the tries of throttling', async () => {
  // The lease records each try before it is made, and is released after the third.
  const cases = await eachAtOnce(
    [1, 2, 3, 4, 5, 6],
    '[emulator:throttle=3]',
    (entry, effects) => kill(entry, effects, 'same'),
    ({ stack, name }) => run(stack, name, { requestId: 'same' }),
  )
  await settle(cases)
  for (const { stack, name } of cases) {
    expect((await readJob(stack.store, name))?.end?.status).toBe('Completed')
    expect(await stack.versions(outputKey(name))).toBe(1)
    expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
    expect(await stack.keys('open/')).toEqual([])
  }
})

test('the next sweep continues after a kill of a sweep at any write', async () => {
  const pairs = [1, 3, 5, 6].flatMap((worker) => [0, 1, 2, 3].map((sweeper) => ({ worker, sweeper })))
  const cases = await eachAtOnce(pairs, 'Hi', (entry, { worker }) => kill(entry, worker))
  clock.advance(16 * MINUTE)
  await Promise.all(cases.map(({ stack, item }) => untilKilled(sweep(killAfter(stack, item.sweeper)))))
  await settle(cases)
  for (const entry of cases) await expectOneEnd(entry, 2)
})

test('a job without an event is run after kills of its sweeps', async () => {
  const cases = await eachAtOnce([0, 1, 2], 'Hi')
  clock.advance(2 * MINUTE)
  await Promise.all(cases.map(({ stack, item }) => untilKilled(sweep(killAfter(stack, item)))))
  await settle(cases)
  for (const entry of cases) await expectOneEnd(entry)
})
