import { createHash } from 'node:crypto'
import { BedrockError } from '@bedrock-functions/runtime/core'
import { openKey } from '@bedrock-functions/runtime/jobs'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { start } from './support/orders.ts'
import { run, sweep } from './support/recover.ts'
import {
  ARN_PREFIX,
  announcedIds,
  NOVA,
  OTHER_BUCKET,
  outputKey,
  type Services,
  type Stack,
  startServices,
} from './support/start-services.ts'

let services: Services
let stack: Stack
let clock: ShiftedClock

beforeAll(async () => {
  services = await startServices({ stacks: 20 })
})
beforeEach(() => {
  clock = shiftClock()
  stack = services.createStack()
})
afterEach(() => clock.restore())
afterAll(() => services.close())

test('a job becomes an output, a manifest, an end and one event, and is no longer open', async () => {
  const name = await start(stack, '[emulator:say=Mount Fuji]', { clientRequestToken: 'token' })
  await expect(run(stack, name)).resolves.toMatchObject({ outcome: 'Completed', attempts: 1 })
  const output = await stack.read(outputKey(name))
  expect(output).toMatchObject({
    output: { message: { role: 'assistant', content: [{ text: 'Mount Fuji' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: expect.any(Number), outputTokens: 2 },
  })
  const { inputTokens, outputTokens } = output.usage
  const usage = { inputTokens, outputTokens, stopReason: 'end_turn' }
  expect(await stack.read(`output/${name.owner}/${name.id}/manifest.json`)).toMatchObject({
    invocationId: name.id,
    files: [{ name: 'output.json', contentType: 'application/json' }],
    usage: { inputTokens, outputTokens },
  })
  expect(await stack.keys('open/')).toEqual([])
  expect(stack.events.sent).toEqual([
    {
      detailType: 'Inference Job State Change',
      resources: [`${ARN_PREFIX}:async-invoke/${name.id}`],
      detail: expect.objectContaining({
        eventId: `${name.id}-Completed`,
        status: 'Completed',
        accountId: '123456789012',
        jobArn: `${ARN_PREFIX}:async-invoke/${name.id}`,
        modelId: NOVA,
        clientRequestToken: 'token',
        attempts: 1,
        usage: expect.objectContaining(usage),
      }),
    },
  ])
  expect(JSON.stringify(stack.events.sent)).not.toContain('Mount Fuji')
  expect(stack.modelRequests.map(({ operation }) => operation)).toEqual(['ConverseStream'])
})

test('five deliveries of one event, concurrent and late, are one call, one output and one event', async () => {
  const name = await start(stack, '[emulator:stall=100] Say something.')
  const atOnce = await Promise.all(Array.from({ length: 5 }, () => run(stack, name)))
  expect(atOnce.map(({ outcome }) => outcome).sort()).toEqual(['Completed', ...Array(4).fill('skipped')])
  for (const late of [1, 20, 60 * 24]) {
    clock.advance(late * MINUTE)
    await expect(run(stack, name)).resolves.toEqual({ outcome: 'skipped' })
    await sweep(stack)
  }
  expect(stack.modelRequests).toHaveLength(1)
  expect(await stack.versions(outputKey(name))).toBe(1)
  expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
  expect(await stack.keys('open/')).toEqual([])
})

test('shuffled events of many jobs give each job its own answer', async () => {
  const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']
  const names = await Promise.all(words.map((word) => start(stack, `[emulator:say=${word}]`)))
  const deliveries = [0, 1, 2].flatMap(() => names)
  // Ordered by a hash, so that each run has the same order.
  const rank = (index: number) => createHash('sha256').update(String(index)).digest('hex')
  const shuffled = deliveries
    .map((name, index) => ({ name, rank: rank(index) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
  await Promise.all(shuffled.map(({ name }) => run(stack, name)))
  const answers = await Promise.all(names.map((name) => stack.read(outputKey(name))))
  expect(answers.map(({ output }) => output.message.content[0].text)).toEqual(words)
  expect(stack.modelRequests).toHaveLength(words.length)
  expect(new Set(announcedIds(stack.events)).size).toBe(words.length)
  expect(announcedIds(stack.events)).toHaveLength(words.length)
})

test('a native body goes to InvokeModel with its headers, and its answer is stored byte for byte', async () => {
  const body = { inputText: 'a dog', dimensions: 256 }
  const name = await start(stack, '', {
    kind: 'invoke',
    modelId: 'amazon.titan-embed-text-v2:0',
    input: Buffer.from(JSON.stringify(body)),
    headers: { 'x-amzn-bedrock-trace': 'ENABLED' },
  })
  const { usage } = await run(stack, name)
  expect(usage).toMatchObject({ inputTokens: expect.any(Number) })
  expect((await stack.read(outputKey(name))).embedding).toHaveLength(256)
  expect(stack.modelRequests.map(({ operation }) => operation)).toEqual(['InvokeModel'])
})

test('a model that cannot stream is called with Converse', async () => {
  // The emulator's models all stream with Converse.
  const refused = new BedrockError('ValidationException', 'The model is unsupported for streaming.')
  const bedrock = { ...stack.bedrock, openStream: () => Promise.reject(refused) }
  const name = await start(stack, '[emulator:say=Plain]')
  await expect(run(Object.create(stack, { bedrock: { value: bedrock } }), name)).resolves.toMatchObject({
    outcome: 'Completed',
    usage: { outputTokens: 1, stopReason: 'end_turn' },
  })
  expect(JSON.stringify(await stack.read(outputKey(name)))).toContain('Plain')
  expect(stack.modelRequests.map(({ operation }) => operation)).toEqual(['Converse'])
})

test('an output is written to the requested location', async () => {
  const name = await start(stack, '[emulator:say=There]', { output: { s3Uri: `s3://${OTHER_BUCKET}/allowed/a b/日` } })
  await run(stack, name)
  const key = `allowed/a b/日/${name.id}/output.json`
  expect(await stack.read(key, OTHER_BUCKET)).toMatchObject({ stopReason: 'end_turn' })
  expect(await stack.versions(key, OTHER_BUCKET)).toBe(1)
  expect(await stack.keys('output/')).toEqual([])
})

test('a long input is in an object of its own and reaches the model completely', async () => {
  const name = await start(stack, `[emulator:say=Read] ${'word '.repeat(20_000)}`)
  expect(await stack.keys('jobs/')).toContainEqual(expect.stringMatching(/\/input$/))
  const { usage } = await run(stack, name)
  expect(usage?.inputTokens).toBeGreaterThan(20_000)
})

test('a deleted input fails the job without a call', async () => {
  const name = await start(stack, 'x', { input: { object: { bucket: stack.store.bucket, key: 'uploads/gone' } } })
  await expect(run(stack, name)).resolves.toMatchObject({
    outcome: 'Failed',
    failure: { type: 'ValidationException', retryable: false },
  })
  expect(stack.modelRequests).toEqual([])
})

test('an upload that was replaced is read in the version of the start', async () => {
  const location = { bucket: stack.store.bucket, key: 'uploads/x' }
  const bodyOf = (text: string) => JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] })
  const { versionId = '' } = await stack.store.put(location, bodyOf('[emulator:say=First]'))
  const name = await start(stack, 'x', { input: { object: location, versionId } })
  await stack.store.put(location, bodyOf('[emulator:say=Second]'))
  await run(stack, name)
  expect(JSON.stringify(await stack.read(outputKey(name)))).toContain('First')
})

test('a key that is not a job is ignored', async () => {
  const { owner } = await start(stack, 'x')
  await expect(run(stack, { owner, id: '000000000000' })).resolves.toEqual({ outcome: 'skipped' })
  // The job was begun and never accepted.
  const name = { owner, id: 'mi5abcde0xyz' }
  await stack.store.put({ bucket: stack.store.bucket, key: openKey(name) }, '')
  await expect(run(stack, name)).resolves.toEqual({ outcome: 'skipped' })
  expect(stack.modelRequests).toEqual([])
})
