import { type JobLease, type JobName, jobKey, readJob } from '@bedrock-functions/runtime/jobs'
import { logger } from '../../../layers/runtime/src/core/logging.ts'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { Killed, untilKilled } from './support/kill.ts'
import { start } from './support/orders.ts'
import { answerCalls, run, sweep } from './support/recover.ts'
import {
  announcedIds,
  NOVA,
  OTHER_BUCKET,
  outputKey,
  type Services,
  type Stack,
  startServices,
  takeCalls,
} from './support/start-services.ts'

let services: Services
let stack: Stack
let clock: ShiftedClock

beforeAll(async () => {
  services = await startServices({ stacks: 60 })
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

const endOf = async (name: JobName) => (await readJob(stack.store, name))?.end
const leaseOf = (name: JobName): Promise<JobLease> => stack.read(jobKey(name, 'lease.json'))
const withLimits = (limits: Partial<Stack['configuration']>): Stack =>
  Object.create(stack, { configuration: { value: { ...stack.configuration, ...limits } } })

async function expectEnded(name: JobName): Promise<void> {
  expect(await stack.keys('open/')).toEqual([])
  expect(announcedIds(stack.events)).toEqual([`${name.id}-${(await endOf(name))?.status}`])
  await expect(run(stack, name)).resolves.toEqual({ outcome: 'skipped' })
}

describe('the log line of a failed job', () => {
  const failJob = async (changes: Partial<Stack['configuration']>) => {
    const warn = jest.spyOn(logger, 'warn').mockImplementation()
    const name = await start(stack, '[emulator:error=ModelErrorException]')
    await run(withLimits(changes), name)
    const lines = warn.mock.calls.filter(([message]) => message === 'job failed')
    warn.mockRestore()
    return { name, facts: lines[0]?.[1], count: lines.length }
  }

  test('says why, and where its end.json is', async () => {
    const { name, facts, count } = await failJob({})
    expect(count).toBe(1)
    expect(facts).toEqual({
      jobId: name.id,
      caller: expect.any(String),
      modelId: NOVA,
      errorType: 'ModelErrorException',
      statusCode: 424,
      retryable: false,
      attempts: 1,
      end: `s3://${stack.store.bucket}/${jobKey(name, 'end.json')}`,
    })
  })

  test("has Bedrock's message if the operator allows it", async () => {
    const { name, facts } = await failJob({ logErrorMessages: true })
    expect(facts).toMatchObject({ errorMessage: (await endOf(name))?.failure?.message })
  })
})

test('a sweep measures the age of the oldest job that has not ended', async () => {
  await expect(sweep(stack)).resolves.toMatchObject({ oldestOpenMs: 0 })
  const name = await start(stack, 'Hi')
  clock.advance(3 * MINUTE)
  await start(stack, 'Hi again')
  const { oldestOpenMs } = await sweep(stack)
  expect(oldestOpenMs).toBeGreaterThanOrEqual(3 * MINUTE)
  expect(oldestOpenMs).toBeLessThan(4 * MINUTE)
  await run(stack, name)
  expect((await sweep(stack)).oldestOpenMs).toBeLessThan(MINUTE)
})

describe('throttling', () => {
  test('that occurs once is followed by another try at once', async () => {
    const name = await start(stack, '[emulator:throttle=1]')
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'Completed', attempts: 2 })
    expect(stack.calls).toHaveLength(2)
    await expectEnded(name)
  })

  test('that continues releases the job for a later try', async () => {
    const name = await start(stack, '[emulator:throttle=4]')
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'released', attempts: 3 })
    const { notBefore, holder } = await leaseOf(name)
    expect(holder).toBeNull()
    const pause = notBefore - Date.now()
    expect(pause).toBeGreaterThan(10_000)
    expect(pause).toBeLessThanOrEqual(5 * MINUTE)
    expect(announcedIds(stack.events)).toEqual([])

    // A repeated event and a sweep do not start the next try early.
    await expect(run(stack, name)).resolves.toEqual({ outcome: 'skipped' })
    await expect(sweep(stack)).resolves.toMatchObject({ open: 1, called: 0 })
    expect(stack.calls).toHaveLength(3)

    clock.advance(pause + 1)
    await expect(sweep(stack)).resolves.toMatchObject({ called: 1 })
    // The worker is called once, even if it starts late.
    await expect(sweep(stack)).resolves.toMatchObject({ open: 1, called: 0 })
    expect(await answerCalls(stack)).toBe(1)
    expect(await endOf(name)).toMatchObject({ status: 'Completed', attempts: 5 })
    expect(stack.calls).toHaveLength(5)
    await expectEnded(name)
  })

  test.each([
    [1, 1],
    [4, 4],
    [7, 7],
  ])('that never ends fails the job after %i tries', async (maxAttempts, calls) => {
    const limited = withLimits({ maxAttempts })
    const name = await start(stack, '[emulator:throttle=99]')
    await run(limited, name)
    for (let sweeps = 0; sweeps < 5; sweeps += 1) {
      clock.advance(6 * MINUTE)
      await sweep(limited)
      await answerCalls(limited)
    }
    expect(await endOf(name)).toMatchObject({
      status: 'Failed',
      failure: {
        type: 'ThrottlingException',
        message: 'Too many requests, please wait before trying again.',
        statusCode: 429,
        retryable: true,
      },
      attempts: calls,
    })
    expect(stack.calls).toHaveLength(calls)
    expect(stack.events.sent.at(-1)?.detail).toMatchObject({ failureType: 'ThrottlingException', retryable: true })
    await expectEnded(name)
  })

  test('fails a job that is too old for another try', async () => {
    const name = await start(stack, '[emulator:throttle=99]')
    await run(stack, name)
    clock.advance(stack.configuration.maxAgeMs)
    await sweep(stack)
    await answerCalls(stack)
    expect(await endOf(name)).toMatchObject({ status: 'Failed', failure: { type: 'ThrottlingException' }, attempts: 4 })
    await expectEnded(name)
  })

  test('releases a job if its invocation has no time for a pause', async () => {
    const name = await start(stack, '[emulator:throttle=9]')
    const hurried = Object.create(stack, { quickPauseMs: { value: () => 60_000 } })
    await expect(run(hurried, name, { remainingMs: 20_000 })).resolves.toMatchObject({
      outcome: 'released',
      attempts: 1,
    })
  })
})

describe('an error', () => {
  test.each([
    ['ValidationException', 400, 'The request is not valid.'],
    ['AccessDeniedException', 403, "You don't have access to the model with the specified model ID."],
    ['ModelErrorException', 424, 'The system encountered an unexpected error during processing of the model.'],
    ['ModelTimeoutException', 408, 'Model has timed out in processing the request. Try your request again.'],
  ])('%s fails the job at once, with its own message', async (type, statusCode, message) => {
    const name = await start(stack, `[emulator:error=${type}]`)
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'Failed' })
    expect(await endOf(name)).toMatchObject({ failure: { type, statusCode, message, retryable: false }, attempts: 1 })
    expect(stack.calls).toHaveLength(1)
    expect(stack.events.sent.at(-1)?.detail).toMatchObject({ failureMessage: message, retryable: false })
    expect(await stack.keys('output/')).toEqual([])
    await expectEnded(name)
  })

  test.each(['InternalServerException', 'ServiceUnavailableException', 'ModelNotReadyException'])(
    '%s releases the job after three tries',
    async (type) => {
      const name = await start(stack, `[emulator:error=${type}]`)
      await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'released', attempts: 3 })
      expect(stack.calls).toHaveLength(3)
    },
  )

  test.each([
    ['is reset', 'reset@2'],
    ['ends without its end', 'end@2'],
    ['is damaged', 'badcrc@2'],
    ['ends with an exception', 'exception=ServiceUnavailableException@2'],
  ])('of a stream that %s is not an answer', async (_, directive) => {
    const name = await start(stack, `[emulator:${directive}]`)
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'released', attempts: 3 })
    expect(await stack.keys('output/')).toEqual([])
  })

  test('at the end of a stream fails the job', async () => {
    const name = await start(stack, '[emulator:exception=ValidationException@2]')
    await expect(run(stack, name)).resolves.toMatchObject({
      outcome: 'Failed',
      failure: { type: 'ValidationException', message: 'The request is not valid.' },
    })
    expect(stack.calls).toHaveLength(1)
  })

  test('of a body that is not JSON fails the job without a call', async () => {
    const name = await start(stack, '', { input: Buffer.from('{"messages":') })
    await expect(run(stack, name)).resolves.toMatchObject({
      outcome: 'Failed',
      failure: { statusCode: 400, retryable: false },
    })
    expect(stack.calls).toEqual([])
    await expectEnded(name)
  })
})

describe('the time limit', () => {
  /** Starts a worker that takes its lease and then does nothing. */
  async function loseWorker(name: JobName, requestId = 'lost') {
    const calling = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<never>()
    const openStream = () => {
      calling.resolve()
      return answer.promise
    }
    const stuck: Stack = Object.create(stack, { bedrock: { value: { ...stack.bedrock, openStream } } })
    const running = untilKilled(run(stuck, name, { requestId }))
    await calling.promise
    return {
      async end() {
        answer.reject(new Killed())
        await running
      },
    }
  }

  test('ends a call whose model is silent, before or in its stream, early enough to record the end', async () => {
    const remainingMs = 2000
    const givenUp: { after: number; isOver: boolean }[] = []
    let isOver = false
    const bedrock: Stack['bedrock'] = {
      ...stack.bedrock,
      openStream(request, options) {
        options.signal.addEventListener('abort', () => givenUp.push({ after: performance.now() - began, isOver }))
        return stack.bedrock.openStream(request, options)
      },
    }
    const watched: Stack = Object.create(stack, { bedrock: { value: bedrock } })
    const names = await Promise.all([
      start(stack, '[emulator:stall=60000]'),
      start(stack, '[emulator:silence=60000@1]'),
    ])
    const began = performance.now()
    // Timers fire in the order of their times, even on a busy machine.
    const end = setTimeout(() => {
      isOver = true
    }, remainingMs)
    const ends = await Promise.all(names.map((name) => run(watched, name, { remainingMs })))
    clearTimeout(end)
    const failure = { type: 'ModelTimeoutException', statusCode: 408, retryable: false }
    expect(ends).toMatchObject(names.map(() => ({ outcome: 'Failed', attempts: 1, failure })))
    expect(givenUp).toHaveLength(2)
    for (const call of givenUp) {
      // A tenth of a short invocation is reserved for records.
      expect(call.after).toBeGreaterThan(0.85 * remainingMs)
      expect(call.isOver).toBe(false)
    }
    expect(stack.calls).toHaveLength(2)
    expect(await stack.keys('open/')).toEqual([])
    expect(new Set(announcedIds(stack.events))).toEqual(new Set(names.map(({ id }) => `${id}-Failed`)))
  })

  test('of a worker that recorded no end fails the job in the next sweep', async () => {
    const name = await start(stack, 'Hi')
    const lost = await loseWorker(name)
    clock.advance(15 * MINUTE - 10_000)
    await expect(sweep(stack)).resolves.toMatchObject({ open: 1, ended: 0 })
    await expect(run(stack, name)).resolves.toEqual({ outcome: 'skipped' })
    clock.advance(MINUTE)
    await expect(sweep(stack)).resolves.toMatchObject({ ended: 1 })
    expect(await endOf(name)).toMatchObject({
      status: 'Failed',
      failure: { type: 'ModelTimeoutException', statusCode: 408, retryable: true },
    })
    expect(stack.calls).toEqual([])
    await expectEnded(name)
    await lost.end()
  })

  test("of such a worker is recorded by Lambda's own retry without another call", async () => {
    const name = await start(stack, 'Hi')
    const lost = await loseWorker(name, 'same')
    clock.advance(16 * MINUTE)
    await expect(run(stack, name, { requestId: 'same' })).resolves.toMatchObject({ outcome: 'Failed' })
    expect(stack.calls).toEqual([])
    await expectEnded(name)
    await lost.end()
  })
})

describe('a job without an event', () => {
  test('gets no worker while its own event may arrive', async () => {
    await start(stack, 'Hi')
    clock.advance(MINUTE - 1000)
    await expect(sweep(stack)).resolves.toMatchObject({ open: 1, called: 0 })
  })

  test('gets one worker in 15 minutes, not one with each sweep', async () => {
    const name = await start(stack, 'Hi')
    clock.advance(2 * MINUTE)
    const called: number[] = []
    for (let minute = 0; minute < 32; minute += 1) {
      await sweep(stack)
      if (takeCalls(stack.events).length > 0) called.push(minute)
      clock.advance(MINUTE)
    }
    expect(called).toEqual([0, 15, 30])
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'Completed', attempts: 1 })
    await expectEnded(name)
  })

  test('gets one worker from two concurrent sweeps', async () => {
    await start(stack, 'Hi')
    clock.advance(2 * MINUTE)
    await Promise.all([sweep(stack), sweep(stack), sweep(stack)])
    expect(takeCalls(stack.events)).toHaveLength(1)
  })

  test('is run once if the sweep and its event meet', async () => {
    const names = await Promise.all(Array.from({ length: 8 }, (_, index) => start(stack, `[emulator:say=${index}]`)))
    clock.advance(2 * MINUTE)
    await Promise.all([...names.map((name) => run(stack, name)), sweep(stack)])
    clock.advance(16 * MINUTE)
    await sweep(stack)
    await answerCalls(stack)
    expect(stack.calls).toHaveLength(names.length)
    expect(await stack.keys('open/')).toEqual([])
    expect(announcedIds(stack.events)).toHaveLength(names.length)
  })
})

describe('an output that cannot be written', () => {
  const OUTPUT = { output: { s3Uri: `s3://${OTHER_BUCKET}/allowed` } }

  test.each([
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
    ['KMS.DisabledException', 400],
  ])('permanently, because of %s, fails the job with at most one call', async (code, status) => {
    for (const [file, calls] of Object.entries({ '': 0, 'output.json': 1 })) {
      const name = await start(stack, 'Hi', OUTPUT)
      const keyPrefix = `allowed/${name.id}/${file}`
      services.s3.setFault({ operation: 'PutObject', keyPrefix, status, code, times: 1000 })
      stack.events.sent.length = 0
      const before = stack.calls.length
      for (const _ of ['first', 'retry', 'retry']) await run(stack, name, { requestId: 'same' }).catch(() => {})
      expect(await endOf(name)).toMatchObject({ status: 'Failed', failure: { retryable: false } })
      expect((await endOf(name))?.failure?.message).toContain(code)
      expect(stack.calls.length - before).toBe(calls)
      await expectEnded(name)
    }
  })

  test('temporarily is written later', async () => {
    const name = await start(stack, 'Hi', OUTPUT)
    services.s3.setFault({ operation: 'PutObject', keyPrefix: 'allowed/', status: 503, code: 'SlowDown', times: 4 })
    await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'Completed' })
    expect(stack.calls).toHaveLength(1)
  })

  test('in a bucket that may not be listed, where a missing object is forbidden, does not block the job', async () => {
    const name = await start(stack, '[emulator:throttle=4]', OUTPUT)
    services.s3.setFault({
      operation: 'HeadObject',
      keyPrefix: 'allowed/',
      status: 403,
      code: 'AccessDenied',
      times: 1000,
    })
    await run(stack, name)
    clock.advance(6 * MINUTE)
    await sweep(stack)
    await answerCalls(stack)
    expect(await endOf(name)).toMatchObject({ status: 'Completed' })
    expect(await stack.versions(`allowed/${name.id}/output.json`, OTHER_BUCKET)).toBe(1)
  })
})

test('a job whose sweep fails does not keep the sweep from other jobs', async () => {
  const broken = await start(stack, 'Hi')
  const whole = await start(stack, 'Hi')
  await stack.store.put({ bucket: stack.store.bucket, key: jobKey(broken, 'lease.json') }, '{not json')
  clock.advance(2 * MINUTE)
  await expect(sweep(stack)).resolves.toMatchObject({ failed: 1, called: 1 })
  expect(takeCalls(stack.events)).toEqual([jobKey(whole, 'request.json')])
})

test('an existing output is not overwritten', async () => {
  const name = await start(stack, 'Hi')
  await run(stack, name)
  const location = { bucket: stack.store.bucket, key: outputKey(name) }
  await expect(stack.store.putNew(location, 'other')).resolves.toBeUndefined()
  expect(await stack.versions(outputKey(name))).toBe(1)
})
