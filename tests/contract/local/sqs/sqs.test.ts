import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
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

const send = (MessageBody: string, rest: Partial<SendMessageCommandInput> = {}) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest }))
const receive = async (rest: Partial<ReceiveMessageCommandInput> = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, ...rest }))).Messages ?? []
const remove = (ReceiptHandle: string | undefined) => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
const changeVisibility = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
const attributes = async () =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
const counts = async () => {
  const all: Partial<Record<string, string>> = await attributes()
  const count = (rest: string) => Number(all[`ApproximateNumberOfMessages${rest}`])
  return { visible: count(''), inFlight: count('NotVisible'), delayed: count('Delayed') }
}
const bodies = (messages: readonly { Body?: string | undefined }[]) => messages.map(({ Body }) => Body)

/** What an SDK call fails with. */
async function failureOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.then(
    () => undefined,
    (failure) => failure,
  )
  return [error?.name, error?.$metadata?.httpStatusCode, error?.message]
}

it('a message is sent, received whole and deleted', async () => {
  const body = '{"text":"ä 🙂\\n"}'
  const sent = await send(body)
  // The SDK itself compares the digests of both directions.
  expect(sent.MD5OfMessageBody).toBe(createHash('md5').update(body).digest('hex'))
  const [message, ...rest] = await receive({ MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] })
  expect(message).toEqual({
    MessageId: sent.MessageId,
    ReceiptHandle: expect.any(String),
    MD5OfBody: sent.MD5OfMessageBody,
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
  expect(await counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
  await remove(message?.ReceiptHandle)
  await remove(message?.ReceiptHandle)
  expect(await counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
})

it('at most as many as asked for, oldest first', async () => {
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

it('message attributes come back where they are asked for', async () => {
  const MessageAttributes = {
    'job.id': { DataType: 'String', StringValue: 'a' },
    'job.size': { DataType: 'Number.int', StringValue: '12' },
    blob: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
  }
  const { MD5OfMessageAttributes } = await send('x', { MessageAttributes })
  const select = async (...MessageAttributeNames: string[]) => {
    const [message] = await receive({ MessageAttributeNames, VisibilityTimeout: 0 })
    return message
  }
  expect(await select('All')).toMatchObject({ MessageAttributes, MD5OfMessageAttributes })
  expect(Object.keys((await select('job.*'))?.MessageAttributes ?? {})).toEqual(['job.id', 'job.size'])
  expect(Object.keys((await select('blob', 'none'))?.MessageAttributes ?? {})).toEqual(['blob'])
  expect(await select()).not.toHaveProperty('MessageAttributes')
})

it('a digest of attributes is the one that AWS gives', async () => {
  // A pair that moto's tests know, too.
  const MessageAttributes = {
    timestamp: { DataType: 'Number', StringValue: '1493147359900' },
  }
  const { MD5OfMessageAttributes } = await send('x', { MessageAttributes })
  expect(MD5OfMessageAttributes).toBe('235c5c510d26fb653d073faed50ae77c')
})

it('a message is there again when its time of invisibility is over', async () => {
  await send('x')
  const [first] = await receive({ VisibilityTimeout: 1 })
  // Waits for exactly that.
  const [again] = await receive({ WaitTimeSeconds: 20, MessageSystemAttributeNames: ['ApproximateReceiveCount'] })
  expect([first?.Body, again?.Body, again?.Attributes?.ApproximateReceiveCount]).toEqual(['x', 'x', '2'])
  await changeVisibility(again?.ReceiptHandle, 0)
  const [third] = await receive({ VisibilityTimeout: 0 })
  expect(third?.MessageId).toBe(first?.MessageId)
  expect(await failureOf(changeVisibility(third?.ReceiptHandle, 10))).toEqual([
    'MessageNotInflight',
    400,
    'The message is not in flight.',
  ])
})

it('a delayed message comes later', async () => {
  await send('later', { DelaySeconds: 1 })
  expect([await receive(), await counts()]).toEqual([[], { visible: 0, inFlight: 0, delayed: 1 }])
  expect(bodies(await receive({ WaitTimeSeconds: 20 }))).toEqual(['later'])
})

it('a long poll ends with a message or with its time', async () => {
  const waiting = receive({ WaitTimeSeconds: 20 })
  await send('x')
  expect(bodies(await waiting)).toEqual(['x'])
  expect(await receive({ WaitTimeSeconds: 1 })).toEqual([])
})

it('a long poll takes nothing for a client that is gone', async () => {
  const poll = request(url, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' } })
  poll.on('error', () => {})
  // All of it is on its way before the client leaves.
  await new Promise<void>((resolve) => poll.end(JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }), resolve))
  poll.destroy()
  while (summaries.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(summaries[0]).not.toHaveProperty('failure')
  await send('x')
  expect(bodies(await receive())).toEqual(['x'])
})

it('queues are found by name and listed', async () => {
  expect(await client.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).toMatchObject({ QueueUrl })
  const failures = `${url}/123456789012/failures`
  expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toEqual([failures, QueueUrl])
  expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'j' }))).QueueUrls).toEqual([QueueUrl])
  const { QueueUrls, NextToken } = await client.send(new ListQueuesCommand({ MaxResults: 1 }))
  const next = await client.send(new ListQueuesCommand({ MaxResults: 1, NextToken }))
  expect([QueueUrls, next.QueueUrls, next.NextToken]).toEqual([[failures], [QueueUrl], undefined])
  expect(await attributes()).toMatchObject({
    QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:jobs',
    VisibilityTimeout: '30',
    MessageRetentionPeriod: '345600',
  })
})

it('a purge takes all, also what is in flight', async () => {
  for (let n = 0; n < 3; n += 1) await send(String(n))
  await receive()
  await client.send(new PurgeQueueCommand({ QueueUrl }))
  expect(await counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
})

it('errors are those of SQS', async () => {
  const absent = { QueueUrl: `${url}/123456789012/absent` }
  const doesNotExist = ['QueueDoesNotExist', 400, 'The specified queue does not exist.']
  expect(await failureOf(send('x', absent))).toEqual(doesNotExist)
  expect(await failureOf(client.send(new GetQueueUrlCommand({ QueueName: 'absent' })))).toEqual(doesNotExist)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.PurgeQueue' },
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
    [() => send('x', { DelaySeconds: 901 }), 'InvalidParameterValue', 'DelaySeconds is invalid'],
    [() => send(''), 'MissingParameter', 'The request must contain the parameter MessageBody.'],
    [() => send('\u0000'), 'InvalidMessageContents', 'Invalid characters found'],
    [() => send('x'.repeat(1_048_577)), 'InvalidParameterValue', 'Message must be shorter than 1048576 bytes'],
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
  expect((await send('x'.repeat(1_048_576))).MessageId).toBeDefined()
})

it('what was sent from within is there like any message, each id once', async () => {
  await server.send('jobs', 'a', 'id')
  await server.send('jobs', 'b', 'id')
  await server.send('jobs', 'c')
  await server.send('failures', 'd', 'id')
  const [first, second] = await receive({ MaxNumberOfMessages: 10 })
  expect(bodies([first ?? {}, second ?? {}])).toEqual(['a', 'c'])
  await remove(first?.ReceiptHandle)
  await server.send('jobs', 'e', 'id')
  // The first start rewrites the journal, the second one reads that.
  for (let restarts = 0; restarts < 2; restarts += 1) {
    await stop()
    await start()
  }
  await server.send('jobs', 'f', 'id')
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['c'])
  await expect(server.send('absent', 'x')).rejects.toThrow('there is no queue absent')
})

it('messages outlive the server, deleted ones do not come back', async () => {
  for (const body of ['kept', 'received', 'deleted']) await send(body)
  const messages = await receive({ MaxNumberOfMessages: 10 })
  await remove(messages[2]?.ReceiptHandle)
  const other = createSqsServer({ ...OPTIONS, directory })
  await expect(other.listen(0)).rejects.toThrow(DirectoryInUseError)
  await stop()
  await start()
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(['kept', 'received'])
  // A receipt from before the restart still deletes.
  await remove(messages[0]?.ReceiptHandle)
  expect(await counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
})
