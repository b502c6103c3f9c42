import { PassThrough } from 'node:stream'
import { logger } from '@bedrock-functions/runtime/core/logging'
import { chooseFormat, forwardStream } from '@bedrock-functions/runtime/http/stream'
import { recordJobActivity } from '@bedrock-functions/runtime/jobs/worker'
import { followConverse, followInvokeModel } from '../../../layers/runtime/src/bedrock/read-usage.ts'
import type { Facts, ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { createDeferredWork } from '../../../layers/runtime/src/http/serve.ts'
import { createActivityLog } from '../../../layers/runtime/src/pipeline/activity/activity-log.ts'
import type { StorageMode } from '../../../layers/runtime/src/pipeline/storage-options.ts'
import { CALLER, OWNER, start } from '../jobs/support/orders.ts'
import { run } from '../jobs/support/recover.ts'
import { NOVA, type Services, type Stack, startServices } from '../jobs/support/start-services.ts'
import { claudeCall, converseCall, documentOf, NEVER, readActivities, requestOf, send } from './support.ts'

let services: Services
let stack: Stack

beforeAll(async () => {
  services = await startServices({ stacks: 30 })
})
beforeEach(() => {
  stack = services.createStack()
})
afterAll(() => services.close())

const NOW = Date.parse('2026-11-21T23:59:59.500Z')

function logOf(mode: StorageMode) {
  let now = NOW
  return createActivityLog({
    mode,
    loadStore: async () => stack.store,
    // The clock advances by 40 ms with each call.
    now: () => {
      now += 40
      return now - 40
    },
  })
}

/** Makes a call whose answer does not stream, like a route. */
async function callRecorded(mode: StorageMode, call: ModelCall) {
  const work = createDeferredWork()
  const facts: Facts = {}
  const record = logOf(mode).begin(call, facts, work.defer)
  try {
    const reply = await send(stack, call)
    record?.answered(reply)
    facts.attempts = reply.attempts
    return { reply, facts, told: record?.headers['x-bedrock-functions-activity'] }
  } catch (error) {
    record?.failed(error)
    throw error
  } finally {
    await work.settle(10_000)
  }
}

const saying = (wish: string): Partial<ModelCall> => ({ headers: { 'x-bedrock-functions-activity': wish } })

test('a call is recorded with prompt, answer and caller under the key in the answer', async () => {
  const call = converseCall('Name a mountain')
  const { reply, facts, told } = await callRecorded('ALL', call)
  const [document, ...others] = await readActivities(stack)
  expect(others).toEqual([])
  expect(document).toEqual({
    key: `activity/${OWNER}/2026/11/21/${document.id}.json.gz`,
    id: expect.stringMatching(/^[a-z0-9]{12}$/),
    time: '2026-11-21T23:59:59.500Z',
    caller: CALLER,
    operation: 'Converse',
    modelId: NOVA,
    durationMs: 40,
    statusCode: 200,
    facts: { attempts: 1 },
    request: { contentType: 'application/json', body: documentOf(call) },
    response: { contentType: 'application/json', body: documentOf(reply) },
  })
  expect(told).toBe(document.key)
  expect(facts.activity).toBe(document.id)
})

test.each<[StorageMode, string | undefined, boolean]>([
  ['OFF', undefined, false],
  ['OFF', 'on', false],
  ['REQUEST', undefined, false],
  ['REQUEST', 'on', true],
  ['REQUEST', 'off', false],
  ['ALL', undefined, true],
  ['ALL', ' ON ', true],
  ['ALL', 'off', false],
])('in mode %s, a request with %p is recorded: %p', async (mode, wish, isKept) => {
  const { told } = await callRecorded(mode, converseCall('Name a river', wish === undefined ? {} : saying(wish)))
  expect(told !== undefined).toBe(isKept)
  await expect(stack.keys('activity/')).resolves.toHaveLength(isKept ? 1 : 0)
})

test('another value is refused before any call', async () => {
  await expect(callRecorded('ALL', converseCall('', saying('yes')))).rejects.toMatchObject({
    name: 'ValidationException',
    message: 'x-bedrock-functions-activity is "yes": it must be on or off.',
  })
  expect(stack.calls).toEqual([])
})

test('a failed call is recorded with its error', async () => {
  const call = converseCall('[emulator:error=ModelErrorException]')
  await expect(callRecorded('ALL', call)).rejects.toMatchObject({ name: 'ModelErrorException' })
  const [document] = await readActivities(stack)
  expect(document).toMatchObject({
    statusCode: 424,
    error: { type: 'ModelErrorException', message: expect.any(String) },
    request: { body: documentOf(call) },
  })
  expect(document).not.toHaveProperty('response')
})

test('numbers are recorded as written, and bytes that are not JSON in base64', async () => {
  const log = logOf('ALL')
  const work = createDeferredWork()
  const call = { ...converseCall(''), body: Buffer.from('{"seed":9007199254740993, "temperature":1.0}') }
  log.begin(call, {}, work.defer)?.answered({
    statusCode: 200,
    headers: { 'content-type': 'image/png' },
    body: Buffer.from([0x89, 0x50]),
  })
  await work.settle(10_000)
  const [key = ''] = await stack.keys('activity/')
  const stored = await stack.store.get({ bucket: stack.store.bucket, key })
  expect(stored?.contentType).toBe('application/gzip')
  const { gunzipSync } = await import('node:zlib')
  const text = gunzipSync(stored?.body ?? '').toString()
  expect(text).toContain(
    '"request":{"contentType":"application/json","body":{"seed":9007199254740993, "temperature":1.0}}',
  )
  expect(text).toContain('"response":{"contentType":"image/png","base64":"iVA="}')
})

test('a body that is too large is recorded by its size', async () => {
  const work = createDeferredWork()
  const body = Buffer.alloc(4 * 1024 * 1024 + 1, ' ')
  logOf('ALL')
    .begin({ ...converseCall(''), body }, {}, work.defer)
    ?.failed(new Error('whatever'))
  await work.settle(10_000)
  await expect(readActivities(stack)).resolves.toMatchObject([
    { request: { omittedBytes: body.length }, statusCode: 500, error: { type: 'InternalServerException' } },
  ])
})

test('a failed write is logged and does not fail the call', async () => {
  const logged = jest.spyOn(logger, 'error').mockImplementation(() => {})
  const { store } = stack
  stack = Object.create(stack, { store: { value: { ...store, bucket: 'not-there' } } })
  await expect(callRecorded('ALL', converseCall('Name a sea'))).resolves.toMatchObject({ reply: { statusCode: 200 } })
  expect(logged.mock.calls).toEqual([['ActivityLog failed', { causeName: 'NoSuchBucket' }]])
  logged.mockRestore()
})

describe('streams', () => {
  /** Forwards a stream like a route. */
  async function streamRecorded(call: ModelCall, accept?: string) {
    const work = createDeferredWork()
    const record = logOf('ALL').begin(call, {}, work.defer)
    const { source } = await stack.bedrock.openStream(requestOf(call), {
      signal: NEVER,
      retry: false,
      silenceLimitMs: 60_000,
    })
    const progress = call.operation === 'ConverseStream' ? followConverse() : followInvokeModel()
    const sink = new PassThrough()
    sink.resume()
    const end = await forwardStream(source, sink, {
      format: chooseFormat(accept, ['ModelStreamErrorException', 'ThrottlingException']),
      progress: record?.follow(progress) ?? progress,
      silenceLimitMs: 60_000,
      heartbeatMs: 60_000,
      remainingMs: 600_000,
    })
    record?.ended(end)
    await work.settle(10_000)
    return end
  }

  test.each([undefined, 'text/event-stream'])(
    'of Converse are recorded as one answer in any format (%p)',
    async (accept) => {
      const operation = 'ConverseStream'
      const end = await streamRecorded(converseCall('[emulator:say=Mount Fuji is high]', { operation }), accept)
      expect(end).toMatchObject({ ended: 'complete', usage: { outputTokens: expect.any(Number) } })
      await expect(readActivities(stack)).resolves.toMatchObject([
        {
          operation,
          ended: 'complete',
          response: {
            body: {
              output: { message: { role: 'assistant', content: [{ text: 'Mount Fuji is high' }] } },
              stopReason: 'end_turn',
              usage: { outputTokens: end.usage.outputTokens },
            },
          },
        },
      ])
    },
  )

  test('of native bodies are recorded as chunks', async () => {
    const operation = 'InvokeModelWithResponseStream'
    await streamRecorded(claudeCall('[emulator:say=Mount Fuji]', { operation }))
    const [document] = await readActivities(stack)
    const { chunks } = document.response
    expect(chunks[0]).toMatchObject({ type: 'message_start' })
    expect(chunks.at(-1)).toMatchObject({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': expect.anything() })
    const texts = chunks.map(({ delta }: { delta?: { text?: string } }) => delta?.text ?? '')
    expect(texts.join('')).toBe('Mount Fuji')
  })

  test('that break are recorded up to the break, with their end', async () => {
    const operation = 'ConverseStream'
    const prompt = '[emulator:say=one two three four five six][emulator:exception=ThrottlingException@4]'
    await streamRecorded(converseCall(prompt, { operation }))
    const [document] = await readActivities(stack)
    expect(document).toMatchObject({ statusCode: 200, ended: 'ThrottlingException' })
    const [{ text }] = document.response.body.output.message.content
    expect('one two three four five six').toContain(text)
    expect(text).not.toBe('')
  })
})

describe('jobs', () => {
  async function recordRun(prompt: string, mode: StorageMode = 'ALL', wish?: 'on' | 'off') {
    const name = await start(stack, prompt, { activity: wish })
    const outcome = await run(stack, name)
    const work = createDeferredWork()
    const record = () => recordJobActivity(outcome, { mode, loadStore: async () => stack.store, defer: work.defer })
    record()
    await work.settle(10_000)
    return { name, outcome, again: record, work }
  }

  test('are recorded once with input and output, even if they are recorded again', async () => {
    const { name, again, work } = await recordRun('[emulator:say=Mount Fuji]')
    again()
    await work.settle(10_000)
    const documents = await readActivities(stack)
    expect(documents).toMatchObject([
      {
        id: name.id,
        caller: CALLER,
        operation: 'StartAsyncInvoke',
        kind: 'converse',
        modelId: NOVA,
        statusCode: 200,
        facts: { attempts: 1, outputTokens: 2 },
        request: { body: { messages: [{ content: [{ text: '[emulator:say=Mount Fuji]' }] }] } },
        response: { body: { output: { message: { content: [{ text: 'Mount Fuji' }] } } } },
      },
    ])
    expect(documents[0].key).toContain(`activity/${OWNER}/`)
  })

  test('that fail are recorded with their failure', async () => {
    await recordRun('[emulator:error=ValidationException]')
    const [document] = await readActivities(stack)
    expect(document).toMatchObject({ statusCode: 400, error: { type: 'ValidationException' } })
    expect(document).not.toHaveProperty('response')
  })

  test('that are released or decline the record are not recorded', async () => {
    const { outcome } = await recordRun('[emulator:throttle=99]')
    expect(outcome.outcome).toBe('released')
    await recordRun('Name a lake', 'ALL', 'off')
    await recordRun('Name a lake', 'REQUEST')
    await expect(stack.keys('activity/')).resolves.toEqual([])
  })
})
