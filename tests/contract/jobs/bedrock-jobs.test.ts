import { listJobs, readJob } from '@bedrock-functions/runtime/jobs'
import { type JobOrder, startJob } from '@bedrock-functions/runtime/jobs/start'
import { settleBedrockJob } from '@bedrock-functions/runtime/jobs/worker'
import { MARENGO, textInput } from '../bedrock-emulator/async-support.ts'
import { MINUTE, type ShiftedClock, shiftClock } from './support/clock.ts'
import { createFunctions } from './support/functions.ts'
import { killAfter, untilKilled } from './support/kill.ts'
import { CALLER, OWNER } from './support/orders.ts'
import { run, sweep } from './support/recover.ts'
import { announcedIds, OTHER_BUCKET, type Services, type Stack, startServices } from './support/start-services.ts'

let services: Services
let stack: Stack
let functions: ReturnType<typeof createFunctions>
let clock: ShiftedClock

beforeAll(async () => {
  services = await startServices({ stacks: 40 })
})
beforeEach(() => {
  clock = shiftClock()
  stack = services.createStack()
  functions = createFunctions(stack)
})
afterEach(() => {
  services.s3.setFault(undefined)
  clock.restore()
})
afterAll(() => services.close())

const NEVER = new AbortController().signal

const request = (text: string, more: object = {}) => ({ modelId: MARENGO, modelInput: textInput(text), ...more })

/** Makes an order like the function does, for a process that may be killed. */
function orderOf({ bedrock }: Stack): JobOrder {
  return {
    caller: CALLER,
    kind: 'bedrock',
    modelId: MARENGO,
    input: new Uint8Array(),
    requestHash: 'the same',
    clientRequestToken: 'token',
    async startAtBedrock(clientRequestToken, s3OutputDataConfig) {
      const body = JSON.stringify({ ...request('a dog'), clientRequestToken, outputDataConfig: { s3OutputDataConfig } })
      const asked = { path: '/async-invoke', headers: { 'content-type': 'application/json' }, body: Buffer.from(body) }
      const reply = await bedrock.send(asked, { signal: NEVER, retry: false })
      return JSON.parse(Buffer.from(reply.body).toString()).invocationArn
    },
  }
}

async function onlyJob(of: Stack = stack) {
  const { jobs } = await listJobs(of.store, { owner: OWNER, ascending: false, maxJobs: 10 })
  expect(jobs).toHaveLength(1)
  const [job] = jobs
  if (!job) throw new Error('there is no job')
  return job
}

/** Lets Bedrock's invocations end. */
async function letBedrockEnd(job: { request: { bedrockArn?: string } }): Promise<void> {
  services.clock.advance(10_000)
  const path = `/async-invoke/${encodeURIComponent(job.request.bedrockArn ?? '')}`
  const asked = { method: 'GET' as const, path, headers: {}, body: new Uint8Array() }
  for (;;) {
    const { body } = await stack.bedrock.send(asked, { signal: NEVER, retry: false })
    if (!Buffer.from(body).toString().includes('InProgress')) return
  }
}

test('Bedrock gets a modelInput that was given as JSON text as a document', async () => {
  const { modelInput } = request('a dog')
  const { invocationArn } = await functions.start(request('a dog', { modelInput: JSON.stringify(modelInput) }))
  expect((await onlyJob()).request).toMatchObject({ kind: 'bedrock', bedrockArn: invocationArn })
})

test("a model that Bedrock runs itself is started there and has Bedrock's ARN", async () => {
  const { invocationArn } = await functions.start(request('a dog'))
  const job = await onlyJob()
  expect(job.request).toMatchObject({ kind: 'bedrock', bedrockArn: invocationArn })
  await expect(functions.get(invocationArn)).resolves.toMatchObject({ invocationArn, status: 'InProgress' })
  // The worker ignores its request.
  await expect(run(stack, job.request)).resolves.toEqual({ outcome: 'skipped' })
})

test("a refusal by Bedrock is returned in Bedrock's words and leaves no objects", async () => {
  const refused = { modelId: MARENGO, modelInput: { inputType: 'no such type' }, clientRequestToken: 'token' }
  await expect(functions.start(refused)).rejects.toMatchObject({ name: 'ValidationException', statusCode: 400 })
  await expect(functions.start(request('[emulator:error=AccessDeniedException]'))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  expect(await stack.keys()).toEqual([])
  // The token is free for the corrected request.
  await expect(functions.start(request('a dog', { clientRequestToken: 'token' }))).resolves.toBeDefined()
})

test('a throttled start is not accepted and may be repeated', async () => {
  const throttled = request('[emulator:throttle=1]', { clientRequestToken: 'token' })
  await expect(functions.start(throttled)).rejects.toMatchObject({ name: 'ThrottlingException', statusCode: 429 })
  expect(await stack.keys('jobs/')).toEqual([])
  await expect(functions.start(throttled)).resolves.toBeDefined()
})

test('twenty concurrent starts with one token are one invocation at Bedrock, one job and one link', async () => {
  const asked = request('a dog', { clientRequestToken: 'token' })
  const started = await Promise.all(Array.from({ length: 20 }, () => functions.start(asked)))
  expect(new Set(started.map(({ invocationArn }) => invocationArn)).size).toBe(1)
  await onlyJob()
  expect(await stack.keys('bedrock/')).toHaveLength(1)
  expect(await stack.keys('open/')).toHaveLength(1)
  await expect(functions.start(request('a cat', { clientRequestToken: 'token' }))).rejects.toMatchObject({
    name: 'ConflictException',
  })
})

test('the sweep ends the job as Bedrock ended it and lists its files with the manifest last', async () => {
  const { invocationArn } = await functions.start(request('a dog'))
  const job = await onlyJob()
  clock.advance(2 * MINUTE)
  await expect(sweep(stack)).resolves.toMatchObject({ open: 1 })
  await letBedrockEnd(job)
  await expect(sweep(stack)).resolves.toMatchObject({ ended: 1 })
  const folder = `output/${OWNER}/${invocationArn.split('/')[1]}`
  expect((await onlyJob()).end).toMatchObject({
    status: 'Completed',
    outputs: [`${folder}/output.json`, `${folder}/manifest.json`],
  })
  expect(announcedIds(stack.events)).toEqual([`${job.request.id}-Completed`])
  expect(await stack.keys('open/')).toEqual([])
  await expect(functions.get(invocationArn)).resolves.toMatchObject({
    status: 'Completed',
    outputs: [
      { s3Uri: `s3://${stack.store.bucket}/${folder}/output.json` },
      { s3Uri: `s3://${stack.store.bucket}/${folder}/manifest.json` },
    ],
  })
})

test("a failure has Bedrock's message and time", async () => {
  await functions.start(request('[emulator:fail=The video is empty.]'))
  const job = await onlyJob()
  await letBedrockEnd(job)
  clock.advance(2 * MINUTE)
  await sweep(stack)
  const { end } = await onlyJob()
  expect(end).toMatchObject({ status: 'Failed', failure: { message: 'The video is empty.', retryable: false } })
  expect(new Date(end?.endTime ?? '').getTime()).toBe(services.clock.now())
})

test('concurrent polls and sweeps that see the end announce it once', async () => {
  await functions.start(request('a dog'))
  const job = await onlyJob()
  await letBedrockEnd(job)
  clock.advance(2 * MINUTE)
  const ends = await Promise.all([
    ...Array.from({ length: 6 }, () => settleBedrockJob(job.request, stack, NEVER)),
    sweep(stack),
    sweep(stack),
  ])
  expect(ends).toHaveLength(8)
  expect(announcedIds(stack.events)).toEqual([`${job.request.id}-Completed`])
})

test('a repeated start after a kill at any write is one invocation at Bedrock and one job', async () => {
  const whole = killAfter(services.createStack(), Number.POSITIVE_INFINITY)
  await startJob(orderOf(whole), whole)
  expect(whole.effects).toEqual(['putNew tokens', 'call', 'put bedrock', 'put open', 'putNew request.json'])
  for (let effects = 0; effects <= whole.effects.length; effects += 1) {
    const one = services.createStack()
    const doomed = killAfter(one, effects)
    await untilKilled(startJob(orderOf(doomed), doomed))
    const { invocationArn } = await startJob(orderOf(one), one)
    const again = await startJob(orderOf(one), one)
    expect(again.invocationArn).toBe(invocationArn)
    const job = await onlyJob(one)
    expect(await one.keys('bedrock/')).toHaveLength(1)
    await letBedrockEnd(job)
    clock.advance(2 * MINUTE)
    await sweep(one)
    expect((await readJob(one.store, job.request))?.end?.status).toBe('Completed')
    expect(await one.keys('open/')).toEqual([])
  }
})

test('a job ends if its bucket may not be listed', async () => {
  await functions.start(
    request('a dog', { outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${OTHER_BUCKET}/allowed` } } }),
  )
  const job = await onlyJob()
  await letBedrockEnd(job)
  clock.advance(2 * MINUTE)
  services.s3.setFault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied', times: 1 })
  await expect(settleBedrockJob(job.request, stack, NEVER)).resolves.toMatchObject({
    status: 'Completed',
    outputs: [],
  })
})

test('the answer, and not the manifest, is delivered under outbox/', async () => {
  const outbox = { inboxKey: 'inbox/a.json', key: 'outbox/a.json', sequencer: '01' }
  await startJob({ ...orderOf(stack), outbox }, stack)
  await letBedrockEnd(await onlyJob())
  clock.advance(2 * MINUTE)
  await sweep(stack)
  expect(await stack.read('outbox/a.json')).toMatchObject({ data: [{ embedding: expect.any(Array) }] })
})
