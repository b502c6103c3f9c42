import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Collector, createCollector, until } from './support/collector.ts'
import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'

const Bucket = 'local-jobs'
const REGION = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }

let scratch: string
let collector: Collector
let stack: FixtureStack
let s3: S3Client
let eventBridge: EventBridgeClient
let sqs: SQSClient

async function start(environment: Record<string, string> = {}): Promise<void> {
  stack = await startFixtureStack({
    template: 'events.yaml',
    parameters: { Collector: collector.url },
    retryDelaysMs: [10],
    stateDirectory: join(scratch, 'state'),
    environment,
  })
  const { s3: s3Access, eventBridge: busAccess, sqs: sqsAccess } = stack.stack
  s3 = new S3Client({ ...REGION, endpoint: s3Access?.endpoint ?? '' })
  eventBridge = new EventBridgeClient({ ...REGION, endpoint: busAccess?.endpoint ?? '' })
  sqs = new SQSClient({ ...REGION, endpoint: sqsAccess?.endpoint ?? '' })
}

async function stop(): Promise<void> {
  for (const client of [s3, eventBridge, sqs]) client.destroy()
  await stack.close()
}

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'events-test-'))
  collector = await createCollector()
  await start()
})
afterEach(async () => {
  await stop()
  collector.close()
  await rm(scratch, { recursive: true })
})

const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
const ask = (detail: object) =>
  eventBridge.send(
    new PutEventsCommand({ Entries: [{ Source: 'tests', DetailType: 'Asked', Detail: JSON.stringify(detail) }] }),
  )

/** Waits for the next message of a queue. */
async function receive(QueueName: string) {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))
    for (const { Body = '' } of Messages) return JSON.parse(Body)
  }
}

test('an object that matches a rule invokes the function once, another object does not', async () => {
  for (const key of ['inbox/first +ü', 'elsewhere/second', 'inbox/third']) await put(key)
  await until(() => collector.collected.length === 2 && stack.outcomes.length === 2)
  expect(collector.collected.map(({ event }) => event.detail.object.key).sort()).toEqual([
    'inbox/first +ü',
    'inbox/third',
  ])
  expect(collector.collected[0]?.event).toMatchObject({ source: 'aws.s3', detail: { bucket: { name: Bucket } } })
  expect(stack.outcomes.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded'])
  expect(stack.faults).toEqual([])
})

test('an event of PutEvents reaches the function and the queue, each with the input of its rule', async () => {
  expect(await ask({ question: 1 })).toMatchObject({ FailedEntryCount: 0 })
  expect(await receive('Copies')).toEqual({ question: 1 })
  await until(() => collector.collected.length === 1)
  expect(collector.collected[0]?.event).toEqual({ question: 1 })
})

test('a function finds the embedded servers and the names of the resources in its environment', async () => {
  await ask({})
  await until(() => collector.collected.length === 1)
  expect(collector.collected[0]?.environment).toEqual({
    BUCKET: Bucket,
    QUEUE_URL: 'http://127.0.0.1:3006/123456789012/Failures',
    AWS_ENDPOINT_URL_S3: stack.stack.s3?.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: stack.stack.eventBridge?.endpoint,
    AWS_ACCESS_KEY_ID: 'local',
  })
})

test('a failed event is retried with the same request id, then sent to the failure destination', async () => {
  collector.answer('fail')
  await ask({ question: 2 })
  const record = await receive('Failures')
  expect(record).toMatchObject({
    requestContext: {
      functionArn: expect.stringContaining(':function:RecorderFunction'),
      condition: 'RetriesExhausted',
      approximateInvokeCount: 2,
    },
    requestPayload: { question: 2 },
    responsePayload: { errorType: 'TypeError', errorMessage: 'on purpose' },
  })
  const { requestId } = record.requestContext
  expect(collector.collected.map((attempt) => attempt.requestId)).toEqual([requestId, requestId])
  expect(stack.outcomes).toEqual([
    expect.objectContaining({ outcome: 'failed', attempt: 1, errorType: 'TypeError', retryInMs: 10 }),
    expect.objectContaining({ outcome: 'failed', attempt: 2, destination: 'Failures' }),
  ])
})

test('a schedule invokes its function', async () => {
  await stack.stack.fireSchedule('RecorderFunctionTick')
  await until(() => collector.collected.length === 1)
  expect(collector.collected[0]?.event).toEqual({ tick: true })
})

test('200 concurrent events stay within the reserved concurrency while the API answers', async () => {
  collector.answer('hold')
  await Promise.all(Array.from({ length: 200 }, (_, number) => put(`inbox/${number}`)))
  await until(() => collector.waiting === 10)
  expect(await (await fetch(`${stack.url}/ping`)).text()).toBe('pong')
  expect(collector.waiting).toBe(10)
  collector.answer('succeed')
  await until(() => stack.outcomes.length === 200)
  expect(new Set(collector.collected.map(({ event }) => event.detail.object.key)).size).toBe(200)
  expect(collector.collected).toHaveLength(200)
})

test('an event in progress when the stack stops is not a failure and is invoked again after the next start', async () => {
  collector.answer('hold')
  await ask({ question: 3 })
  await until(() => collector.waiting === 1)
  const { outcomes } = stack
  await stop()
  expect(outcomes).toEqual([])
  collector.answer('succeed')
  await start()
  await until(() => stack.outcomes.length === 1)
  expect(stack.outcomes).toEqual([expect.objectContaining({ outcome: 'succeeded', attempt: 1 })])
  const [before, after] = collector.collected
  expect(after).toMatchObject({ requestId: before?.requestId, event: { question: 3 } })
})

test('an S3 named in the shell replaces the embedded one and uses the credentials of the shell', async () => {
  await stop()
  await start({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'of the shell' })
  expect(stack.stack.s3).toMatchObject({ endpoint: 'http://127.0.0.1:9', isEmbedded: false })
  await ask({})
  await until(() => collector.collected.length === 1)
  expect(collector.collected[0]?.environment).toMatchObject({
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_EVENTBRIDGE: stack.stack.eventBridge?.endpoint,
    AWS_ACCESS_KEY_ID: 'of the shell',
  })
})
