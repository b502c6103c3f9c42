import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { createSqsServer, type RequestSummary, type SqsServer } from '../../../../local/sqs/index.ts'
import { DirectoryInUseError } from '../../../../local/storage/directory-lock.ts'

const OPTIONS = {
  accountId: '123456789012',
  region: 'eu-west-1',
  queues: [
    { name: 'jobs', visibilityTimeoutSeconds: 30, messageRetentionSeconds: 345_600 },
    { name: 'failures', visibilityTimeoutSeconds: 600, messageRetentionSeconds: 1_209_600 },
  ],
}

let directory: string
let server: SqsServer
let client: SQSClient
let url: string
let QueueUrl: string
let summaries: RequestSummary[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sqs-test-'))
  summaries = []
  await start()
})
afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true })
})

async function start(): Promise<void> {
  server = createSqsServer({ ...OPTIONS, directory, onRequest: (summary) => summaries.push(summary) })
  url = `http://127.0.0.1:${await server.listen(0)}`
  QueueUrl = `${url}/123456789012/jobs`
  client = new SQSClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
}

async function stop(): Promise<void> {
  client.destroy()
  await server.close()
}

const send = (body: string) => server.send('jobs', body)
const receive = async (rest: Partial<ReceiveMessageCommandInput> = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, ...rest }))).Messages ?? []
const remove = (ReceiptHandle: string | undefined) => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
const attributes = async () =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
const counts = async () => {
  const all: Partial<Record<string, string>> = await attributes()
  return [all.ApproximateNumberOfMessages, all.ApproximateNumberOfMessagesNotVisible].map(Number)
}
const bodies = (messages: readonly { Body?: string | undefined }[]) => messages.map(({ Body }) => Body)

/** Returns name, status and message of an SDK call's error. */
async function failureOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.then(
    () => undefined,
    (failure) => failure,
  )
  return [error?.name, error?.$metadata?.httpStatusCode, error?.message]
}

test('a message is received whole and deleted', async () => {
  const body = '{"text":"ä 🙂\\n"}'
  await send(body)
  const [message, ...rest] = await receive({ MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] })
  expect(message).toEqual({
    MessageId: expect.any(String),
    ReceiptHandle: expect.any(String),
    MD5OfBody: createHash('md5').update(body).digest('hex'),
    Body: body,
    Attributes: {
      SenderId: 'local',
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    },
  })
  expect(rest).toEqual([])
  expect(await receive()).toEqual([])
  expect(await counts()).toEqual([0, 1])
  await remove(message?.ReceiptHandle)
  await remove(message?.ReceiptHandle)
  expect(await counts()).toEqual([0, 0])
})

test('a receive returns at most MaxNumberOfMessages, oldest first', async () => {
  for (let n = 0; n < 12; n += 1) await send(String(n))
  expect(bodies(await receive())).toEqual(['0'])
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
  ])
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['11'])
})

test('a message that is not deleted is received again after its visibility timeout', async () => {
  await send('x')
  const [first] = await receive({ VisibilityTimeout: 1 })
  // Waits for the visibility timeout.
  const [again] = await receive({ WaitTimeSeconds: 20, MessageSystemAttributeNames: ['ApproximateReceiveCount'] })
  expect([first?.Body, again?.Body, again?.Attributes?.ApproximateReceiveCount]).toEqual(['x', 'x', '2'])
})

test('a long poll ends with a message or after its seconds', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 })
  await send('x')
  expect(bodies(await waiting)).toEqual(['x'])
  expect(await receive({ WaitTimeSeconds: 1 })).toEqual([])
})

test('a long poll whose client has disconnected receives nothing', async () => {
  const poll = request(url, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' } })
  poll.on('error', () => {})
  // The whole request has been sent before the client disconnects.
  await new Promise<void>((resolve) => poll.end(JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }), resolve))
  poll.destroy()
  while (summaries.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(summaries[0]).not.toHaveProperty('failure')
  await send('x')
  expect(bodies(await receive())).toEqual(['x'])
})

test('a queue is found by its name and shows its attributes', async () => {
  expect(await client.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).toMatchObject({ QueueUrl })
  expect(await attributes()).toMatchObject({
    QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:jobs',
    VisibilityTimeout: '30',
    MessageRetentionPeriod: '345600',
  })
})

test('errors have the names, statuses and bodies of SQS', async () => {
  const absent = { QueueUrl: `${url}/123456789012/absent` }
  const doesNotExist = ['QueueDoesNotExist', 400, 'The specified queue does not exist.']
  expect(await failureOf(receive(absent))).toEqual(doesNotExist)
  expect(await failureOf(client.send(new GetQueueUrlCommand({ QueueName: 'absent' })))).toEqual(doesNotExist)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
    body: JSON.stringify(absent),
  })
  expect([
    response.headers.get('x-amzn-query-error'),
    response.headers.get('content-type'),
    await response.json(),
  ]).toEqual([
    'AWS.SimpleQueueService.NonExistentQueue;Sender',
    'application/x-amz-json-1.0',
    { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'The specified queue does not exist.' },
  ])

  const cases: [() => Promise<unknown>, string, string][] = [
    [() => receive({ MaxNumberOfMessages: 11 }), 'InvalidParameterValue', 'MaxNumberOfMessages is invalid'],
    [() => receive({ WaitTimeSeconds: 21 }), 'InvalidParameterValue', 'Must be between 0 and 20'],
    [() => remove(''), 'MissingParameter', 'The request must contain the parameter ReceiptHandle.'],
    [() => remove('nonsense'), 'ReceiptHandleIsInvalid', '"nonsense" is not valid'],
    [
      () => client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Nothing' as 'All'] })),
      'InvalidAttributeName',
      'Unknown Attribute Nothing.',
    ],
    [() => client.send(new CreateQueueCommand({ QueueName: 'new' })), 'UnknownOperationException', 'does not serve'],
  ]
  for (const [call, name, message] of cases) {
    expect(await failureOf(call())).toEqual([name, 400, expect.stringContaining(message)])
  }
})

test('a message id is accepted once per queue, also after a restart', async () => {
  await server.send('jobs', 'a', 'id')
  await server.send('jobs', 'b', 'id')
  await server.send('jobs', 'c')
  await server.send('failures', 'd', 'id')
  const [first, second] = await receive({ MaxNumberOfMessages: 10 })
  expect(bodies([first ?? {}, second ?? {}])).toEqual(['a', 'c'])
  await remove(first?.ReceiptHandle)
  await server.send('jobs', 'e', 'id')
  // The first start rewrites the journal, and the second reads it.
  for (let restarts = 0; restarts < 2; restarts += 1) {
    await stop()
    await start()
  }
  await server.send('jobs', 'f', 'id')
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['c'])
})

test('send refuses an unknown queue and a body over 1 MiB', async () => {
  await expect(server.send('absent', 'x')).rejects.toThrow('there is no queue absent')
  await expect(send('ä'.repeat(524_289))).rejects.toThrow('message of 1048578 bytes, the limit is 1048576')
  await send('x'.repeat(1_048_576))
  expect(await counts()).toEqual([1, 0])
})

test('messages survive a restart, deleted ones do not come back', async () => {
  for (const body of ['kept', 'received', 'deleted']) await send(body)
  const messages = await receive({ MaxNumberOfMessages: 10 })
  await remove(messages[2]?.ReceiptHandle)
  const other = createSqsServer({ ...OPTIONS, directory })
  await expect(other.listen(0)).rejects.toThrow(DirectoryInUseError)
  await stop()
  await start()
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['kept', 'received'])
  // A receipt from before the restart still works.
  await remove(messages[0]?.ReceiptHandle)
  expect(await counts()).toEqual([0, 1])
})
