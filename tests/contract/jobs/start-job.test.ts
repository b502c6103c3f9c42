import { jobKey } from '@bedrock-functions/runtime/jobs'
import { startJob } from '@bedrock-functions/runtime/jobs/start'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { killAfter, untilKilled } from './support/kill.ts'
import { converseOrder, OTHER_CALLER, OWNER, start } from './support/orders.ts'
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
afterEach(() => clock.restore())
afterAll(() => services.close())

const LONG = 'word '.repeat(4000)
const TOKEN = { clientRequestToken: 'token' }

async function requests(): Promise<string[]> {
  return (await stack.keys('jobs/')).filter((key) => key.endsWith('/request.json'))
}

describe('a token', () => {
  test('of twenty concurrent starts is one job, accepted once', async () => {
    const started = await Promise.all(Array.from({ length: 20 }, () => start(stack, 'Hi', TOKEN)))
    const [name = { owner: '', id: '' }] = started
    expect(new Set(started.map(({ id }) => id)).size).toBe(1)
    expect(await stack.versions(jobKey(name, 'request.json'))).toBe(1)
    expect(await requests()).toEqual([jobKey(name, 'request.json')])
    expect(await stack.keys('open/')).toHaveLength(1)
  })

  test('of two concurrent different requests is accepted for one and refused for the other', async () => {
    const asks = Array.from({ length: 20 }, (_, index) => start(stack, index % 2 === 0 ? 'Hi' : 'Ho', TOKEN))
    const settled = await Promise.allSettled(asks)
    const ids = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []))
    const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(ids).toHaveLength(10)
    expect(new Set(ids).size).toBe(1)
    for (const error of errors) expect(error).toMatchObject({ name: 'ConflictException', statusCode: 400 })
    expect(await requests()).toHaveLength(1)
    expect(await stack.keys('open/')).toHaveLength(1)
  })

  test.each([['request', { requestHash: 'other' }]])(
    'that is reused with another %s is refused and writes nothing',
    async (_, changes) => {
      await start(stack, 'Hi', TOKEN)
      const before = await stack.keys()
      await expect(start(stack, 'Hi', { ...TOKEN, ...changes })).rejects.toMatchObject({ name: 'ConflictException' })
      expect(await stack.keys()).toEqual(before)
    },
  )

  test('that is reused after the end gives the same job without a call or event', async () => {
    const name = await start(stack, 'Hi', TOKEN)
    await run(stack, name)
    clock.advance(60 * MINUTE)
    await expect(start(stack, 'Hi', TOKEN)).resolves.toEqual(name)
    await letTimePass(stack, clock)
    expect(await stack.keys('open/')).toEqual([])
    expect(stack.modelRequests).toHaveLength(1)
    expect(announcedIds(stack.events)).toHaveLength(1)
  })

  test('belongs to its owner', async () => {
    const mine = await start(stack, 'Hi', TOKEN)
    const theirs = await start(stack, 'Ho', { ...TOKEN, caller: OTHER_CALLER })
    expect(theirs.id).not.toBe(mine.id)
    expect(await requests()).toHaveLength(2)
  })
})

test('twenty concurrent starts without a token are twenty jobs', async () => {
  const started = await Promise.all(Array.from({ length: 20 }, () => start(stack, 'Hi')))
  expect(new Set(started.map(({ id }) => id)).size).toBe(20)
  expect(await requests()).toHaveLength(20)
  expect(await stack.keys('open/')).toHaveLength(20)
})

test.each([
  [8192, false],
  [8193, true],
])('an input of %i bytes is in an object of its own: %p', async (bytes, isApart) => {
  const name = await start(stack, '', { input: Buffer.alloc(bytes, 'x') })
  expect((await stack.keys('jobs/')).includes(jobKey(name, 'input'))).toBe(isApart)
})

describe('a start that is killed', () => {
  async function effectsOfStart(): Promise<number> {
    const whole = killAfter(services.createStack(), Number.POSITIVE_INFINITY)
    await start(whole, LONG, TOKEN)
    expect(whole.effects).toEqual(['putNew tokens', 'put open', 'put input', 'putNew request.json'])
    return whole.effects.length
  }

  test('at any write is one job after a repetition, with or without a sweep in between', async () => {
    const count = await effectsOfStart()
    for (let effects = 0; effects <= count; effects += 1) {
      for (const waitMinutes of [0, 20]) {
        stack = services.createStack()
        await untilKilled(start(killAfter(stack, effects), LONG, TOKEN))
        if (waitMinutes > 0) {
          clock.advance(waitMinutes * MINUTE)
          await sweep(stack)
        }
        const name = await start(stack, LONG, TOKEN)
        // The accepted job is on the list of open jobs.
        expect(await stack.keys('open/')).toContain(`open/${name.id}~${OWNER}`)
        expect(await requests()).toEqual([jobKey(name, 'request.json')])
        // The job's own event is lost.
        await letTimePass(stack, clock)
        expect(stack.modelRequests).toHaveLength(1)
        expect(await stack.versions(outputKey(name))).toBe(1)
        expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
        expect(await stack.keys('open/')).toEqual([])
      }
    }
  })

  test.each([[TOKEN], [{}]])('at any write without a repetition is one job or none: %j', async (changes) => {
    const count = await effectsOfStart()
    for (let effects = 0; effects <= count; effects += 1) {
      stack = services.createStack()
      await untilKilled(start(killAfter(stack, effects), LONG, changes))
      const accepted = await requests()
      await letTimePass(stack, clock)
      expect(await stack.keys('open/')).toEqual([])
      expect(stack.modelRequests).toHaveLength(accepted.length)
      expect((await stack.keys('output/')).filter((key) => key.endsWith('output.json'))).toHaveLength(accepted.length)
    }
  })

  test('and is repeated much later during a sweep stays on the list', async () => {
    await untilKilled(start(killAfter(stack, 1), 'Hi', TOKEN))
    clock.advance(60 * MINUTE)
    // The sweep sees the open job without its request. Then the request is written, and then the sweep continues.
    const looked = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const sweepersStore: Stack['store'] = {
      ...stack.store,
      async get(location, versionId) {
        const found = await stack.store.get(location, versionId)
        if (location.key.endsWith('/request.json')) {
          looked.resolve()
          await started.promise
        }
        return found
      },
    }
    const startersStore: Stack['store'] = {
      ...stack.store,
      async putNew(location, body, options) {
        if (location.key.endsWith('/request.json')) {
          void swept()
          await looked.promise
        }
        return stack.store.putNew(location, body, options)
      },
    }
    let sweeping: Promise<unknown> | undefined
    const swept = () => {
      sweeping ??= sweep(Object.create(stack, { store: { value: sweepersStore } }))
      // No open job may remain.
      return sweeping.finally(looked.resolve)
    }
    const { id } = await startJob(converseOrder('Hi', TOKEN), { ...stack, store: startersStore })
    started.resolve()
    await sweeping
    await letTimePass(stack, clock)
    expect(await stack.versions(outputKey({ owner: OWNER, id }))).toBe(1)
  })

  test('releases its token for the same request only', async () => {
    await untilKilled(start(killAfter(stack, 1), 'Hi', TOKEN))
    await expect(start(stack, 'Ho', TOKEN)).rejects.toMatchObject({ name: 'ConflictException' })
    await expect(start(stack, 'Hi', TOKEN)).resolves.toMatchObject({ owner: OWNER })
  })
})

test('a start that was killed and is repeated twenty times concurrently is one job', async () => {
  await untilKilled(start(killAfter(stack, 2), 'Hi', TOKEN))
  clock.advance(24 * 60 * MINUTE)
  const started = await Promise.all(Array.from({ length: 20 }, () => start(stack, 'Hi', TOKEN)))
  expect(new Set(started.map(({ id }) => id)).size).toBe(1)
  expect(await requests()).toHaveLength(1)
})
