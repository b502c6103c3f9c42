import { createHash } from 'node:crypto'
import { ownerOf } from '@bedrock-functions/runtime/core'
import { jobKey, parseJobKey, readJob } from '@bedrock-functions/runtime/jobs'
import type { Context } from 'aws-lambda'
import type { DroppedObject, Trigger } from '../../../functions/start-job/triggers/read-triggers.ts'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { NAMES } from './support/functions.ts'
import { killAfter, untilKilled } from './support/kill.ts'
import { run, sweep } from './support/recover.ts'
import { announcedIds, type Services, type Stack, startServices } from './support/start-services.ts'

let services: Services
let stack: Stack
let clock: ShiftedClock
let log: jest.SpyInstance[]

beforeAll(async () => {
  services = await startServices({ stacks: 40 })
})
beforeEach(() => {
  clock = shiftClock()
  stack = services.createStack()
  // Log lines and metrics.
  log = [process.stdout, process.stderr].map((output) => jest.spyOn(output, 'write').mockReturnValue(true))
})
afterEach(() => {
  for (const spy of log) spy.mockRestore()
  clock.restore()
})
afterAll(() => services.close())

const OWNER = ownerOf('events')
let sequence = 0

/** Puts an object and returns the event that S3 would send. */
async function drop(key: string, body: string | Uint8Array): Promise<DroppedObject> {
  const { bucket } = stack.store
  const { versionId = '' } = await stack.store.put({ bucket, key }, body, { contentType: 'binary/octet-stream' })
  sequence += 1
  const sequencer = `00655F${sequence.toString(16).toUpperCase().padStart(6, '0')}`
  return { type: 'object', bucket, key, versionId, size: Buffer.byteLength(body), sequencer }
}

const NO_LOCATIONS = { inputLocations: [] }

async function deliver(...triggers: Trigger[]): Promise<void> {
  process.env.POWERTOOLS_METRICS_NAMESPACE = 'Tests'
  const { runTriggers } = await import('../../../functions/start-job/triggers/run-triggers.ts')
  const context = { awsRequestId: 'start', getRemainingTimeInMillis: () => 60_000 } as Context
  await runTriggers(triggers, context, {
    ...stack,
    ...NAMES,
    inputLocations: NO_LOCATIONS,
    jobs: stack.configuration,
    loadEvents: async () => stack.events,
  })
}

/** Returns the accepted jobs, oldest first. */
async function jobs() {
  const keys = (await stack.keys('jobs/')).filter((key) => key.endsWith('/request.json')).reverse()
  return keys.map(parseJobKey).filter((name) => name !== undefined)
}

async function outbox(key: string): Promise<string> {
  return JSON.stringify(await stack.read(`outbox/${key}`))
}

test.each([
  ['a b+c.txt', 'a b+c.txt.json'],
  ['日本/🗻 ü.txt', '日本/🗻 ü.txt.json'],
  ['100%.txt', '100%.txt.json'],
  ['deep/er/x.json', 'deep/er/x.json'],
])('inbox/%s is answered under outbox/%s', async (name, answered) => {
  const body = name.endsWith('.json')
    ? JSON.stringify({
        modelId: 'amazon.nova-lite-v1:0',
        messages: [{ role: 'user', content: [{ text: '[emulator:say=Here]' }] }],
      })
    : '[emulator:say=Here]'
  await deliver(await drop(`inbox/${name}`, body))
  const [job] = await jobs()
  expect(job?.owner).toBe(OWNER)
  await run(stack, job ?? { owner: '', id: '' })
  expect(await stack.keys('outbox/')).toEqual([`outbox/${answered}`])
  expect(await outbox(answered)).toContain('Here')
  expect(stack.events.sent.at(-1)?.detail).toMatchObject({ inboxKey: `inbox/${name}`, outboxKey: `outbox/${answered}` })
})

test.each([
  ['an empty one', 'a.txt', ''],
  ['one of white space', 'a.txt', ' \n'],
  ['broken JSON', 'a.json', '{"modelId":'],
  ['JSON that is too deep', 'a.json', `{"modelId":"m","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['neither text nor a PDF or image', 'a.txt', Buffer.from('fffe00', 'hex')],
  ['no model', 'a.json', '{"prompt":"p"}'],
  ['a model that is no id', 'a.json', '{"modelId":"../x","prompt":"p"}'],
  [
    'a foreign output',
    'a.json',
    '{"modelId":"m","prompt":"p","outputDataConfig":{"s3OutputDataConfig":{"s3Uri":"s3://x/y"}}}',
  ],
])('%s gets an error document and is not a job', async (_, name, body) => {
  const dropped = await drop(`inbox/${name}`, body)
  await deliver(dropped, dropped)
  const document = await stack.read(`outbox/${name.endsWith('.json') ? name : `${name}.json`}`)
  expect(document).toEqual({
    error: { type: expect.stringMatching(/^(Validation|AccessDenied)Exception$/), message: expect.any(String) },
    source: { key: `inbox/${name}`, versionId: dropped.versionId },
  })
  expect(await jobs()).toEqual([])
})

test('an object that is too large gets an error document and is not read', async () => {
  const dropped = { ...(await drop('inbox/big.json', '{}')), size: 30_000_000 }
  await deliver(dropped)
  expect(await outbox('big.json')).toContain('30000000 bytes')
})

test('a wrong model gets an error document when its job has failed', async () => {
  await deliver(await drop('inbox/a.json', '{"modelId":"no.such-model","prompt":"p"}'))
  const [job] = await jobs()
  await run(stack, job ?? { owner: '', id: '' })
  expect(await stack.read('outbox/a.json')).toMatchObject({ error: { type: expect.any(String) } })
})

test('a folder or an object elsewhere is not a drop', async () => {
  await deliver(await drop('inbox/folder/', ''))
  await deliver(await drop('output/a.txt', 'Hi'))
  await deliver({ ...(await drop('inbox/a.txt', 'Hi')), bucket: 'another' })
  expect(await jobs()).toEqual([])
  expect(await stack.keys('outbox/')).toEqual([])
})

test('a drop that is delivered five times, concurrently and late, is one job', async () => {
  const dropped = await drop('inbox/a.txt', 'Hi')
  await Promise.all(Array.from({ length: 5 }, () => deliver(dropped)))
  clock.advance(60 * MINUTE)
  await deliver(dropped)
  expect(await jobs()).toHaveLength(1)
})

test("a sender's event that is delivered twice is one job, and a refused event is answered on the bus with one id", async () => {
  const detail = { modelId: 'amazon.nova-lite-v1:0', input: { converse: { messages: [] } } }
  const asked: Trigger = { type: 'request', eventId: 'event-1', detail }
  await deliver(asked, asked)
  expect(await jobs()).toHaveLength(1)
  const wrong: Trigger = { type: 'request', eventId: 'event-2', detail: { modelId: 7 } }
  await deliver(wrong, wrong)
  expect(new Set(announcedIds(stack.events))).toEqual(new Set(['event-2-Failed']))
  expect(stack.events.sent.at(-1)?.detail).toMatchObject({ requestEventId: 'event-2', retryable: false })
})

describe('two drops of one name', () => {
  async function dropTwice(first: string, second: string) {
    const triggers = [await drop('inbox/a.txt', first), await drop('inbox/a.txt', second)]
    for (const trigger of triggers) await deliver(trigger)
    const names = await jobs()
    expect(names).toHaveLength(2)
    const read = await Promise.all(names.map((name) => readJob(stack.store, name)))
    const byVersion = (trigger: DroppedObject | undefined) =>
      names[read.findIndex((job) => job?.request.outbox?.inboxVersionId === trigger?.versionId)] ?? {
        owner: '',
        id: '',
      }
    return { older: byVersion(triggers[0]), newer: byVersion(triggers[1]) }
  }

  test.each([
    ['older', 'newer'],
    ['newer', 'older'],
  ] as const)('keep the newer answer if the %s ends first', async (first, second) => {
    const names = await dropTwice('[emulator:say=Old]', '[emulator:say=New]')
    await run(stack, names[first])
    await run(stack, names[second])
    expect(await outbox('a.txt.json')).toContain('New')
    expect(announcedIds(stack.events)).toHaveLength(2)
  })

  test('keep the newer answer if both end at the same time', async () => {
    for (let round = 0; round < 4; round += 1) {
      stack = services.createStack()
      const { older, newer } = await dropTwice('[emulator:say=Old]', '[emulator:say=New]')
      await Promise.all([run(stack, older), run(stack, newer)])
      expect(await outbox('a.txt.json')).toContain('New')
    }
  })

  test('keep the newer failure instead of the older answer', async () => {
    const { older, newer } = await dropTwice('[emulator:say=Old]', '[emulator:error=AccessDeniedException]')
    await run(stack, newer)
    await run(stack, older)
    expect(await stack.read('outbox/a.txt.json')).toMatchObject({ error: { type: 'AccessDeniedException' } })
  })

  test('keep the newer answer if the older one is announced again later', async () => {
    const { older, newer } = await dropTwice('[emulator:say=Old]', '[emulator:say=New]')
    // Killed after it has recorded the end.
    await untilKilled(run(killAfter(stack, 5), older))
    await run(stack, newer)
    clock.advance(2 * MINUTE)
    await expect(sweep(stack)).resolves.toMatchObject({ announced: 1 })
    expect(await outbox('a.txt.json')).toContain('New')
    expect(await stack.keys('open/')).toEqual([])
  })
})

test("drops are ordered by S3's rule for sequencers of different lengths", async () => {
  const long = { ...(await drop('inbox/a.txt', '[emulator:say=Long]')), sequencer: '00655F01' }
  const short = { ...(await drop('inbox/a.txt', '[emulator:say=Short]')), sequencer: '00655F' }
  await deliver(long)
  await deliver(short)
  for (const name of (await jobs()).reverse()) await run(stack, name)
  expect(await outbox('a.txt.json')).toContain('Long')
})

test('a job whose output was deleted by its owner is announced', async () => {
  await deliver(await drop('inbox/a.txt', 'Hi'))
  const [name = { owner: '', id: '' }] = await jobs()
  await untilKilled(run(killAfter(stack, 5), name))
  const end = (await readJob(stack.store, name))?.end
  await stack.store.delete({ bucket: stack.store.bucket, key: end?.outputs[0] ?? '' })
  clock.advance(2 * MINUTE)
  await sweep(stack)
  expect(announcedIds(stack.events)).toEqual([`${name.id}-Completed`])
  expect(await stack.keys('jobs/')).toContain(jobKey(name, 'end.Completed'))
  expect(await stack.keys('open/')).toEqual([])
})

test('the answer to a name of maximum length is stored under its hash', async () => {
  const name = 'x'.repeat(1024 - 'inbox/'.length)
  await deliver(await drop(`inbox/${name}`, '[emulator:say=Long]'))
  const [job = { owner: '', id: '' }] = await jobs()
  await run(stack, job)
  const answer = `${createHash('sha256').update(name).digest('hex')}.json`
  expect(await outbox(answer)).toContain('Long')
  expect(stack.events.sent.at(-1)?.detail).toMatchObject({ outboxKey: `outbox/${answer}` })
  expect(await stack.keys('open/')).toEqual([])
})
