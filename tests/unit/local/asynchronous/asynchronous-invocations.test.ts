import fs, { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AsynchronousFunction,
  type AsynchronousInvocations,
  type AsynchronousInvocationsOptions,
  type AttemptOutcome,
  createAsynchronousInvocations,
  type Invoke,
} from '../../../../local/lambda/asynchronous/index.ts'
import { FunctionError, FunctionNotFoundError, TooManyRequestsError } from '../../../../local/lambda/errors.ts'
import { DirectoryInUseError } from '../../../../local/storage/directory-lock.ts'

const MINUTE = 60_000
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:Job'
const JOB: AsynchronousFunction = {
  functionName: 'Job',
  arn: ARN,
  maximumRetryAttempts: 2,
  maximumEventAgeSeconds: 21_600,
  onFailure: { resource: 'failures' },
}

interface Call {
  readonly functionName: string
  readonly payload: unknown
  readonly requestId: string
  /** Milliseconds since the test began. */
  readonly minute: number
}

let directory: string
let queue: AsynchronousInvocations
let calls: Call[]
let outcomes: AttemptOutcome[]
let sent: { queueName: string; record: Record<string, unknown>; id: string }[]
let began: number

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'asynchronous-'))
  // The lock of the directory is a real socket.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'], now: Date.UTC(2026, 0, 1) })
  began = Date.now()
  calls = []
  outcomes = []
  sent = []
})
afterEach(async () => {
  await queue.close()
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
  rmSync(directory, { recursive: true })
})

type Answer = (call: Call) => unknown

/** Opens a queue whose functions throw or return the result of `answer`. */
async function open(
  answer: Answer = () => null,
  { functions = [JOB], ...rest }: Partial<AsynchronousInvocationsOptions> = {},
): Promise<AsynchronousInvocations> {
  const invoke: Invoke = async (functionName, payload, { requestId }) => {
    const call = {
      functionName,
      payload: JSON.parse(payload.toString()),
      requestId,
      minute: (Date.now() - began) / MINUTE,
    }
    calls.push(call)
    return { requestId, payload: Buffer.from(JSON.stringify(await answer(call))) }
  }
  queue = await createAsynchronousInvocations({
    directory,
    functions,
    invoke,
    async sendToQueue(queueName, body, id) {
      sent.push({ queueName, record: JSON.parse(body), id })
    },
    onOutcome: (outcome) => outcomes.push(outcome),
    ...rest,
  })
  return queue
}

const enqueue = (payload: unknown = { job: 1 }, id?: string, functionName = 'Job') =>
  queue.enqueue({ functionName, payload: Buffer.from(JSON.stringify(payload)), ...(id !== undefined && { id }) })
const pass = (durationMs: number) => jest.advanceTimersByTimeAsync(durationMs)
const minutes = () => calls.map(({ minute }) => minute)
const fail: Answer = () => {
  throw new FunctionError('TypeError', 'no such thing', ['at handler'])
}

test('an event is invoked once, at once', async () => {
  await open()
  queue.start()
  await enqueue({ text: 'ä \n' })
  await pass(10 * MINUTE)
  expect(calls).toEqual([
    { functionName: 'Job', payload: { text: 'ä \n' }, requestId: expect.stringMatching(/^[\da-f-]{36}$/), minute: 0 },
  ])
  const requestId = calls[0]?.requestId
  expect(outcomes).toEqual([
    { functionName: 'Job', requestId, attempt: 1, outcome: 'succeeded', durationMs: expect.any(Number) },
  ])
  expect(sent).toEqual([])
})

test('a failure is retried after one and two minutes, then its record goes to the queue', async () => {
  await open(fail)
  queue.start()
  await enqueue({ job: 1 })
  await pass(10 * MINUTE)
  expect(minutes()).toEqual([0, 1, 3])
  const requestId = calls[0]?.requestId ?? ''
  expect(new Set(calls.map((call) => call.requestId))).toEqual(new Set([requestId]))
  expect(sent).toEqual([
    {
      queueName: 'failures',
      id: requestId,
      record: {
        version: '1.0',
        timestamp: '2026-01-01T00:03:00.000Z',
        requestContext: {
          requestId,
          functionArn: `${ARN}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { job: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'TypeError', errorMessage: 'no such thing', trace: ['at handler'] },
      },
    },
  ])
  const failure = { functionName: 'Job', requestId, outcome: 'failed', errorType: 'TypeError', durationMs: 0 }
  expect(outcomes).toEqual([
    { ...failure, attempt: 1, retryInMs: MINUTE },
    { ...failure, attempt: 2, retryInMs: 2 * MINUTE },
    { ...failure, attempt: 3, destination: 'failures' },
  ])
})

test.each([
  [0, [0]],
  [1, [0, 1]],
])('an event is retried %i times', async (maximumRetryAttempts, expected) => {
  await open(fail, { functions: [{ ...JOB, maximumRetryAttempts }] })
  queue.start()
  await enqueue()
  await pass(10 * MINUTE)
  expect([minutes(), sent.length]).toEqual([expected, 1])
})

test('a retry that succeeds is the last one', async () => {
  await open((call) => (calls.length < 2 ? fail(call) : null))
  queue.start()
  await enqueue()
  await pass(10 * MINUTE)
  expect([minutes(), sent, outcomes.at(-1)?.outcome]).toEqual([[0, 1], [], 'succeeded'])
})

test('an answer with an error is a failure', async () => {
  await open(undefined, {
    functions: [{ ...JOB, maximumRetryAttempts: 0 }],
    invoke: async (_name, _payload, { requestId }) => ({
      requestId,
      functionError: 'Handled',
      payload: Buffer.from('{"errorType":"Mine"}'),
    }),
  })
  queue.start()
  await enqueue()
  await pass(0)
  expect(sent[0]?.record).toMatchObject({
    responseContext: { functionError: 'Handled' },
    responsePayload: { errorType: 'Mine' },
  })
  expect(outcomes[0]).toMatchObject({ outcome: 'failed', errorType: 'Mine' })
})

test('without a destination a failed event is dropped', async () => {
  const { onFailure: _, ...function_ } = JOB
  await open(fail, { functions: [function_] })
  queue.start()
  await enqueue()
  await pass(10 * MINUTE)
  expect([sent, calls.length, outcomes.at(-1)]).toEqual([
    [],
    3,
    expect.not.objectContaining({ destination: 'failures' }),
  ])
  await queue.close()
  await open(fail)
  queue.start()
  await pass(10 * MINUTE)
  expect(calls).toHaveLength(3)
})

test('a throttled try does not count and is repeated soon, then less and less often', async () => {
  await open((call) => {
    if (calls.length <= 4) throw new TooManyRequestsError()
    return fail(call)
  })
  queue.start()
  await enqueue()
  await pass(20 * MINUTE)
  expect(minutes().map((minute) => minute * 60)).toEqual([0, 1, 3, 7, 15, 75, 195])
  expect(sent[0]?.record).toMatchObject({ requestContext: { approximateInvokeCount: 3 } })
  expect(outcomes[0]).toMatchObject({
    outcome: 'postponed',
    errorType: 'Throttled',
    attempt: 1,
    retryInMs: 1000,
  })
})

test('an event that grows too old is dropped, and its record has the reason', async () => {
  const throttle = () => {
    throw new TooManyRequestsError()
  }
  await open(throttle, { functions: [{ ...JOB, maximumEventAgeSeconds: 60 }] })
  queue.start()
  await enqueue({ job: 1 })
  await pass(10 * MINUTE)
  expect(Math.max(...minutes())).toBeLessThanOrEqual(1)
  expect(sent.map(({ record }) => record)).toEqual([
    {
      version: '1.0',
      timestamp: expect.stringMatching(/^2026-01-01T00:01/),
      requestContext: {
        requestId: calls[0]?.requestId,
        functionArn: `${ARN}:$LATEST`,
        condition: 'EventAgeExceeded',
        approximateInvokeCount: 0,
      },
      requestPayload: { job: 1 },
    },
  ])
  expect(outcomes.at(-1)).toMatchObject({ outcome: 'expired', durationMs: 0, destination: 'failures' })
})

test('the age also ends retries, and the record has the failure', async () => {
  await open(fail, { functions: [{ ...JOB, maximumEventAgeSeconds: 90 }] })
  queue.start()
  await enqueue()
  await pass(10 * MINUTE)
  expect(minutes()).toEqual([0, 1])
  expect(sent[0]?.record).toMatchObject({
    requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 2 },
    responsePayload: { errorType: 'TypeError' },
  })
})

test('an id is accepted once in ten minutes, or until its event has ended', async () => {
  let failing = true
  const other = { ...JOB, functionName: 'Other', maximumRetryAttempts: 0 }
  await open((call) => (failing && call.functionName === 'Job' ? fail(call) : null), {
    functions: [JOB, other],
    retryDelaysMs: [30 * MINUTE],
  })
  queue.start()
  await enqueue({ n: 1 }, 'same')
  await enqueue({ n: 2 }, 'same')
  await enqueue({ n: 3 }, 'same', 'Other')
  await enqueue({ n: 4 })
  await enqueue({ n: 5 })
  await pass(0)
  expect(calls.map(({ payload }) => (payload as { n: number }).n)).toEqual([1, 3, 4, 5])
  await queue.close()

  // This start rewrites the journal, and the next one reads it.
  await open(() => null, { functions: [JOB, other] })
  await queue.close()
  await open(() => null, { functions: [JOB, other], retryDelaysMs: [30 * MINUTE] })
  queue.start()
  await enqueue({ n: 6 }, 'same', 'Other')
  await pass(11 * MINUTE)
  await enqueue({ n: 7 }, 'same')
  await enqueue({ n: 8 }, 'same', 'Other')
  failing = false
  await pass(30 * MINUTE)
  expect(
    calls
      .slice(4)
      .map(({ payload }) => (payload as { n: number }).n)
      .sort(),
  ).toEqual([1, 4, 5, 8])
})

test('all unfinished work continues after a restart: waiting and running events, retries at their time, and records', async () => {
  let isSending = false
  const sendToQueue: AsynchronousInvocationsOptions['sendToQueue'] = async (queueName, body, id) => {
    if (!isSending) throw new Error('no queue')
    sent.push({ queueName, record: JSON.parse(body), id })
  }
  const once = { ...JOB, functionName: 'Once', maximumRetryAttempts: 0 }
  const functions = [{ ...JOB, reservedConcurrency: 2 }, once]
  await open((call) => (call.functionName === 'Once' || calls.length === 1 ? fail(call) : new Promise(() => {})), {
    functions,
    sendToQueue,
  })
  await enqueue('fails')
  queue.start()
  await pass(0)
  await enqueue('runs 1')
  await enqueue('runs 2')
  await enqueue('waits')
  await enqueue('condemned', 'id', 'Once')
  await pass(MINUTE / 2)
  expect(calls.map(({ payload }) => payload)).toEqual(['fails', 'runs 1', 'runs 2', 'condemned'])
  const requestIds = new Map(calls.map(({ payload, requestId }) => [payload, requestId]))
  await queue.close()

  calls.splice(0)
  isSending = true
  await open(() => null, { functions, sendToQueue })
  await enqueue('new')
  expect(calls).toEqual([])
  queue.start()
  await pass(10 * MINUTE)
  expect(calls.map(({ payload, minute }) => [payload, minute])).toEqual([
    ['runs 1', 0.5],
    ['runs 2', 0.5],
    ['waits', 0.5],
    ['new', 0.5],
    ['fails', 1],
  ])
  for (const name of ['runs 1', 'fails']) {
    expect(calls.find(({ payload }) => payload === name)?.requestId).toBe(requestIds.get(name))
  }
  expect(sent.map(({ id }) => id)).toEqual([requestIds.get('condemned')])
})

test('a record is sent again until the queue has it, and each failure is reported', async () => {
  let sends = 0
  const faults: unknown[] = []
  await open(fail, {
    functions: [{ ...JOB, maximumRetryAttempts: 0 }],
    async sendToQueue(queueName, body, id) {
      sends += 1
      if (sends < 4) throw new Error('not now')
      sent.push({ queueName, record: JSON.parse(body), id })
    },
    onFault: (error) => faults.push(String(error)),
  })
  queue.start()
  await enqueue()
  await pass(10 * MINUTE)
  expect(faults).toEqual(Array(3).fill('Error: not now'))
  expect([sends, sent.length, calls.length]).toEqual([4, 1, 1])
})

test('a try that a full disk does not record is reported and repeated', async () => {
  const faults: unknown[] = []
  const diskFull = new Error('ENOSPC: no space left on device, write')
  await open(
    () => {
      if (calls.length === 1) {
        jest.spyOn(fs, 'writeSync').mockImplementationOnce(() => {
          throw diskFull
        })
      }
      return null
    },
    { onFault: (error) => faults.push(error) },
  )
  queue.start()
  await enqueue()
  await pass(0)
  expect([faults, outcomes]).toEqual([[diskFull], []])
  await pass(1_000)
  expect(outcomes).toMatchObject([{ attempt: 1, outcome: 'succeeded' }])
  expect(calls).toHaveLength(2)
})

test('events wait for the reserved concurrency without counting tries', async () => {
  const running: PromiseWithResolvers<null>[] = []
  const answer = () => {
    const one = Promise.withResolvers<null>()
    running.push(one)
    return one.promise
  }
  await open(answer, { functions: [{ ...JOB, reservedConcurrency: 10 }] })
  queue.start()
  for (let n = 0; n < 200; n += 1) await enqueue({ n })
  await pass(0)
  for (let done = 0; done < 200; done += 1) {
    expect(calls.length - done).toBe(Math.min(10, 200 - done))
    running[done]?.resolve(null)
    await pass(0)
  }
  expect(outcomes.map(({ outcome, attempt }) => `${outcome} ${attempt}`)).toEqual(Array(200).fill('succeeded 1'))
  expect(calls.map(({ payload }) => (payload as { n: number }).n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
})

test('up to 1 MB of JSON is accepted for known functions', async () => {
  await open()
  await expect(enqueue('x'.repeat(1_048_575))).rejects.toThrow(
    '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
  )
  await enqueue('x'.repeat(1_048_574))
  await expect(queue.enqueue({ functionName: 'Job', payload: Buffer.from('{') })).rejects.toThrow('Could not parse')
  await expect(enqueue({}, undefined, 'Nobody')).rejects.toThrow(FunctionNotFoundError)
  queue.start()
  await pass(0)
  expect(calls).toHaveLength(1)
})

test('the journal stays in proportion to the waiting events', async () => {
  await open((call) => (call.payload === 'kept' ? new Promise(() => {}) : null))
  queue.start()
  await enqueue('kept')
  const journal = join(directory, 'journal.jsonl')
  let longest = 0
  for (let n = 0; n < 60; n += 1) {
    await enqueue('x'.repeat(500_000))
    await pass(0)
    longest = Math.max(longest, statSync(journal).size)
  }
  expect(calls).toHaveLength(61)
  expect(longest).toBeLessThan(10 * 1024 * 1024)
  await queue.close()
  calls.splice(0)
  await open()
  expect(statSync(journal).size).toBeLessThan(1_000)
  expect(readFileSync(journal, 'utf8')).toContain('kept')
  queue.start()
  await pass(0)
  expect(calls.map(({ payload }) => payload)).toEqual(['kept'])
})

test('a directory has one owner, and an event of a missing function waits for it', async () => {
  await open()
  await enqueue('waits')
  await expect(open()).rejects.toThrow(DirectoryInUseError)
  await queue.close()
  await open(undefined, { functions: [{ ...JOB, functionName: 'Other' }] })
  queue.start()
  await pass(0)
  expect(calls).toEqual([])
  await queue.close()
  await expect(enqueue({}, undefined, 'Other')).rejects.toThrow('the journal is closed')
  await open()
  queue.start()
  await pass(0)
  expect(calls.map(({ payload }) => payload)).toEqual(['waits'])
})
