import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { type BatchName, parseBatchKey } from '@bedrock-functions/runtime/batches'
import type { BatchItem } from '@bedrock-functions/runtime/batches/worker'
import { type JobRequest, parseJobKey } from '@bedrock-functions/runtime/jobs'
import { createS3Server, type S3Server } from '@bedrock-functions/s3-emulator'
import { batchKey, itemsKey } from '../../layers/runtime/src/batches/layout.ts'
import { createEventBridgeServer, createEventBus, type EventDraft } from '../../local/events/index.ts'
import { createAsynchronousInvocations } from '../../local/lambda/asynchronous/index.ts'
import { createLambdaService, type LambdaService } from '../../local/lambda/lambda-service.ts'
import type { LogLine } from '../../local/lambda/worker.ts'
import type { DualProtocolServer } from '../../local/net/dual-protocol-server.ts'
import { loadTemplate } from '../../local/template/load-template.ts'
import { buildBundles } from '../../scripts/build-bundles.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const EVENTS = join(ROOT, 'events')

const BUCKET = 'local-jobsbucket'
const ARN = expect.stringMatching(/^arn:aws:bedrock:us-east-1:123456789012:async-invoke\/[a-z0-9]{12}$/)

/** Function of each event; InvokeFunction by default. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  'answer-records.json': 'AnswerRecordsFunction',
  'create-upload.json': 'StartJobFunction',
  'direct-converse.json': 'InvokeEventFunction',
  'direct-invoke-model.json': 'InvokeEventFunction',
  'direct-list-async-invokes.json': 'PollJobEventFunction',
  'direct-start-async-invoke.json': 'StartJobEventFunction',
  'follow-batch.json': 'FollowBatchFunction',
  'get-async-invoke.json': 'PollJobFunction',
  'inference-requested.json': 'StartJobEventFunction',
  'job-accepted.json': 'RunJobFunction',
  'list-async-invokes.json': 'PollJobFunction',
  'list-batches.json': 'BatchesFunction',
  'object-dropped-notification.json': 'StartJobEventFunction',
  'object-dropped.json': 'StartJobEventFunction',
  'prepare-batch.json': 'PrepareBatchFunction',
  'start-async-invoke.json': 'StartJobFunction',
  'sweep.json': 'SweepJobsFunction',
}

/** HTTP statuses of answers that are not 200. */
const STATUSES: Readonly<Record<string, number>> = {
  'converse-respond-async.json': 202,
  // The requested job was never started.
  'get-async-invoke.json': 400,
}

/** Expected content of each event's answer. */
const EXPECTED: Readonly<Record<string, object>> = {
  'answer-records.json': { successes: 1, errors: 0, left: 0 },
  'follow-batch.json': { isDone: true },
  'list-batches.json': { invocationJobSummaries: [] },
  'prepare-batch.json': { route: 'map', round: 0, itemsKey: expect.stringContaining('/items-0.jsonl') },
  'converse-respond-async.json': { invocationArn: ARN, status: 'InProgress' },
  'create-upload.json': { method: 'PUT', s3Uri: expect.stringContaining(`s3://${BUCKET}/uploads/`) },
  'direct-list-async-invokes.json': { asyncInvokeSummaries: expect.any(Array) },
  'direct-start-async-invoke.json': { invocationArn: ARN },
  'get-async-invoke.json': { message: expect.stringContaining('No invocation is found') },
  'inference-requested.json': {},
  'job-accepted.json': { outcome: 'Completed' },
  'list-async-invokes.json': { asyncInvokeSummaries: expect.any(Array) },
  'object-dropped-notification.json': {},
  'object-dropped.json': {},
  'start-async-invoke.json': { invocationArn: ARN },
  'sweep.json': { open: expect.any(Number), called: expect.any(Number) },
  'apply-guardrail.json': { action: 'GUARDRAIL_INTERVENED', outputs: [{ text: expect.stringContaining('{EMAIL}') }] },
  'converse.json': {
    stopReason: 'end_turn',
    output: { message: { content: [{ text: expect.stringContaining('富士山') }] } },
  },
  'count-tokens.json': { inputTokens: expect.any(Number) },
  'direct-converse.json': { stopReason: 'end_turn', usage: { inputTokens: expect.any(Number) } },
  'direct-invoke-model.json': { contentType: 'application/json', body: { embedding: expect.any(Array) } },
  'invoke-model.json': { type: 'message', content: [{ type: 'text', text: expect.stringContaining('Paris') }] },
  'list-models.json': { currency: 'USD', models: expect.any(Array) },
}

const emulator = createBedrockEmulator({ environment: {} })
const published: EventDraft[] = []
const bus = createEventBus({
  rules: [],
  accountId: '123456789012',
  region: 'us-east-1',
  deliver: async () => {},
  onPublished: (draft) => published.push(draft),
})
const eventBridge = createEventBridgeServer({ bus })
let lambda: LambdaService
let s3: S3Server
let client: S3Client
let directory: string
let onLog: (line: LogLine) => void = () => {}

const template = loadTemplate(join(ROOT, 'template.yaml'))

async function startLambda(endpoints: Readonly<Record<string, string>>): Promise<LambdaService> {
  const { functions } = await template
  const artifacts = await buildBundles(await template, { outputDirectory: join(ROOT, 'dist') })
  const directoryOf = (logicalId: string) => artifacts.get(logicalId)?.directory ?? ''
  return createLambdaService({
    region: 'us-east-1',
    functions: functions.map((model) => ({
      model,
      artifacts: {
        taskDirectory: directoryOf(model.logicalId),
        layerDirectories: model.layers.map(directoryOf),
      },
    })),
    environmentOverrides: () => endpoints,
    onLog: (line) => onLog(line),
  })
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'events-'))
  s3 = createS3Server({ directory, buckets: [{ name: BUCKET, versioned: true }] })
  const urlOf = async (server: DualProtocolServer) => `http://127.0.0.1:${await server.listen(0)}`
  const s3Url = await urlOf(s3)
  const bedrockUrl = await urlOf(emulator)
  lambda = await startLambda({
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockUrl,
    AWS_ENDPOINT_URL_SERVICE_QUOTAS: bedrockUrl,
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: await urlOf(eventBridge),
  })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  client = new S3Client({ endpoint: s3Url, region: 'us-east-1', credentials, forcePathStyle: true })
  await writeObjectsOfEvents()
}, 60_000)
afterAll(async () => {
  await lambda.close()
  client.destroy()
  await eventBridge.close()
  await s3.close()
  await rm(directory, { recursive: true })
  await emulator.close()
})

/** Writes the objects of the events: a dropped object, the request of a job, and two batches, of which one has a plan. */
async function writeObjectsOfEvents(): Promise<void> {
  const keyOf = (name: string): string => JSON.parse(readFileSync(join(EVENTS, name), 'utf8')).detail.object.key
  const put = (Key: string, Body: Buffer) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))
  await put(keyOf('object-dropped.json'), Buffer.from('日本で一番高い山は?'))
  const key = keyOf('job-accepted.json')
  const { owner, id } = parseJobKey(key) ?? { owner: '', id: '' }
  const text = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] })
  const request: JobRequest = {
    id,
    owner,
    caller: 'example',
    kind: 'converse',
    modelId: 'amazon.nova-lite-v1:0',
    input: { text },
    output: { s3Uri: `s3://${BUCKET}/output` },
    requestHash: '',
    submitTime: new Date().toISOString(),
  }
  await put(key, Buffer.from(JSON.stringify(request)))
  const record = `${JSON.stringify({ recordId: 'A', modelInput: JSON.parse(text) })}\n`
  const input = { bucket: BUCKET, key: 'uploads/records.jsonl' }
  await put(input.key, Buffer.from(record))
  const { key: preparedKey } = JSON.parse(readFileSync(join(EVENTS, 'prepare-batch.json'), 'utf8')) as { key: string }
  const answered = JSON.parse(readFileSync(join(EVENTS, 'answer-records.json'), 'utf8')) as BatchName & {
    item: BatchItem
  }
  const putJson = (Key: string, document: unknown) => put(Key, Buffer.from(JSON.stringify(document)))
  for (const name of [parseBatchKey(preparedKey), answered]) {
    if (!name) continue
    await putJson(batchKey(name, 'request.json'), {
      owner: name.owner,
      id: name.id,
      caller: 'example',
      jobName: 'example',
      askedModelId: 'amazon.nova-lite-v1:0',
      modelId: 'amazon.nova-lite-v1:0',
      type: 'Converse',
      input,
      output: { s3Uri: `s3://${BUCKET}/output` },
      timeoutHours: 24,
      submitTime: new Date().toISOString(),
    })
  }
  const item = { ...answered.item, end: record.length }
  await putJson(batchKey(answered, 'plan.json'), {
    route: 'map',
    files: [{ ...input, name: 'records.jsonl', bytes: record.length, records: 1 }],
    records: 1,
    items: 1,
    estimate: { inputTokens: 0 },
  })
  await put(itemsKey(answered, 0), Buffer.from(`${JSON.stringify(item)}\n`))
}

/** Returns the requests of all accepted jobs. */
async function jobRequests(): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'jobs/' }))
  const keys = Contents.flatMap(({ Key }) => (Key?.endsWith('/request.json') ? [Key] : []))
  return Promise.all(
    keys.map(async (Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
      return (await Body?.transformToString()) ?? ''
    }),
  )
}

/** Parses the document of an answer, after the metadata prelude if there is one. */
function documentOf(payload: Buffer): { statusCode: number | undefined; document: unknown } {
  const delimiter = payload.indexOf(Buffer.alloc(8))
  if (delimiter < 0) return { statusCode: undefined, document: JSON.parse(payload.toString()) }
  const { statusCode } = JSON.parse(payload.subarray(0, delimiter).toString())
  return { statusCode, document: JSON.parse(payload.subarray(delimiter + 8).toString()) }
}

const files = readdirSync(EVENTS).filter((name) => !name.startsWith('env-vars') && !name.includes('stream'))

test.each(files)('events/%s is answered', async (name) => {
  const event = readFileSync(join(EVENTS, name))
  const { payload } = await lambda.invoke(FUNCTIONS[name] ?? 'InvokeFunction', event)
  const { statusCode, document } = documentOf(payload)
  expect(statusCode).toBe('httpMethod' in JSON.parse(event.toString()) ? (STATUSES[name] ?? 200) : undefined)
  expect(EXPECTED[name]).toBeDefined()
  expect(document).toMatchObject(EXPECTED[name] ?? {})
})

test.each([
  ['converse-stream.json', 'event: metadata\n'],
  ['invoke-model-with-response-stream.json', 'event: chunk\n'],
])('events/%s is answered with server-sent events', async (name, last) => {
  const { payload } = await lambda.invoke('StreamFunction', readFileSync(join(EVENTS, name)))
  const text = payload.subarray(payload.indexOf(Buffer.alloc(8)) + 8).toString()
  expect(text.slice(text.lastIndexOf('event: '))).toMatch(new RegExp(`^${last}data: .*\\n\\n$`))
})

const modelId = 'amazon.nova-lite-v1:0'
const messages = [{ role: 'user', content: [{ text: 'Hi [emulator:error=ModelErrorException]' }] }]

/** Events that fail, by function. */
const FAILING = [
  ['InvokeEventFunction', { operation: 'Converse', modelId, messages }, 'ModelErrorException'],
  ['InvokeEventFunction', { operation: 'InvokeModel', modelId, body: { seed: 2 ** 60 } }, 'ValidationException'],
  ['StartJobEventFunction', { operation: 'StartAsyncInvoke', modelId }, 'ValidationException'],
  ['PollJobEventFunction', { operation: 'GetAsyncInvoke', invocationArn: 'arn' }, 'ValidationException'],
  ['RunJobFunction', { detail: {} }, 'ValidationException'],
] as const

describe.each(FAILING)('a failing event of %s: %j', (functionName, event, errorType) => {
  const payload = Buffer.from(JSON.stringify(event))

  test("is a function error with Bedrock's error type, also in the runtime's log line", async () => {
    // The log arrives separately from the answer and may be later.
    const logged = new Promise<string>((resolve) => {
      onLog = ({ line }) => {
        const { message } = JSON.parse(line) as { message?: { errorType?: string } }
        if (message?.errorType) resolve(message.errorType)
      }
    })
    await expect(lambda.invoke(functionName, payload)).rejects.toMatchObject({ name: 'FunctionError', errorType })
    expect(await logged).toBe(errorType)
  })

  test('is tried three times by the asynchronous queue and ends in the dead-letter queue', async () => {
    const model = (await template).functions.find((candidate) => candidate.functionName === functionName)
    if (!model) throw new Error(`the template has no ${functionName}`)
    const attempts: string[] = []
    const deadLetter = Promise.withResolvers<{ queueName: string; record: object }>()
    const queueDirectory = await mkdtemp(join(tmpdir(), 'queue-'))
    const queue = await createAsynchronousInvocations({
      directory: queueDirectory,
      functions: [{ functionName, arn: model.arn, ...model.asynchronous }],
      invoke: lambda.invoke,
      retryDelaysMs: [0],
      onOutcome: ({ outcome }) => attempts.push(outcome),
      sendToQueue: async (queueName, body) => deadLetter.resolve({ queueName, record: JSON.parse(body) }),
    })
    try {
      queue.start()
      await queue.enqueue({ functionName, payload })
      expect(await deadLetter.promise).toMatchObject({
        queueName: 'JobsDeadLetterQueue',
        record: { requestPayload: event, responsePayload: { errorType } },
      })
      expect(attempts).toEqual(['failed', 'failed', 'failed'])
    } finally {
      await queue.close()
      await rm(queueDirectory, { recursive: true })
    }
  })
})

test.each([
  ['InvokeFunction', 'direct-converse.json', 'InvokeEventFunction'],
  ['StreamFunction', 'direct-converse.json', 'InvokeEventFunction'],
  ['StartJobFunction', 'inference-requested.json', 'StartJobEventFunction'],
  ['StartJobFunction', 'object-dropped.json', 'StartJobEventFunction'],
  ['PollJobFunction', 'direct-list-async-invokes.json', 'PollJobEventFunction'],
])('%s refuses events/%s and names %s, though Lambda reports no error', async (functionName, name, eventFunction) => {
  const { payload } = await lambda.invoke(functionName, readFileSync(join(EVENTS, name)))
  expect(JSON.parse(payload.toString())).toEqual({
    errorType: 'ValidationException',
    errorMessage: expect.stringContaining(`Invoke ${eventFunction} `),
  })
})

test.each([
  ['InvokeEventFunction', 'converse.json', 'InvokeFunction'],
  ['StartJobEventFunction', 'start-async-invoke.json', 'StartJobFunction'],
  ['PollJobEventFunction', 'list-async-invokes.json', 'PollJobFunction'],
])('%s refuses events/%s and names %s', async (functionName, name, httpFunction) => {
  await expect(lambda.invoke(functionName, readFileSync(join(EVENTS, name)))).rejects.toMatchObject({
    errorType: 'ValidationException',
    message: expect.stringContaining(`to ${httpFunction} `),
  })
})

describe('a number that JSON parsers round', () => {
  const native = (seed: string) => `{"prompt": "p", "seed": ${seed}}`
  const converse = (seed: string) => `{"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "seed": ${seed}}`
  const start = { operation: 'StartAsyncInvoke', modelId }
  const onBus = (detail: object) => ({ id: randomUUID(), 'detail-type': 'Inference Requested', source: 'shop', detail })

  test.each([
    ['modelInput of a direct event', '9007199254740993', (text: string) => ({ ...start, modelInput: text })],
    [
      'input.converse of a direct event',
      '9007199254740995',
      (text: string) => ({ ...start, input: { converse: text } }),
    ],
    [
      'body of a direct event',
      '9007199254740997',
      (text: string) => ({
        operation: 'StartAsyncInvoke',
        body: `{"modelId": "${modelId}", "modelInput": ${text}}`,
      }),
    ],
    ['modelInput of a bus event', '9007199254740999', (text: string) => onBus({ modelId, modelInput: text })],
    ['input.converse of a bus event', '1e400', (text: string) => onBus({ modelId, input: { converse: text } })],
  ])('reaches a job unchanged in the JSON text of %s', async (name, seed, toEvent) => {
    const text = name.includes('converse') ? converse(seed) : native(seed)
    await lambda.invoke('StartJobEventFunction', Buffer.from(JSON.stringify(toEvent(text))))
    const inputs = (await jobRequests()).map((request) => JSON.parse(request).input.text)
    expect(inputs).toContain(text)
  })

  test('is refused in a document on the bus, with its path', async () => {
    published.length = 0
    const detail = { modelId, modelInput: { list: [2 ** 60] } }
    await lambda.invoke('StartJobEventFunction', Buffer.from(JSON.stringify(onBus(detail))))
    expect(published).toMatchObject([
      {
        detailType: 'Inference Job State Change',
        detail: {
          status: 'Failed',
          failureType: 'ValidationException',
          failureMessage: expect.stringMatching(/^modelInput\.list\[0\] is .* send modelInput as a string/),
        },
      },
    ])
  })

  test.each([
    ['Converse', { operation: 'Converse', modelId, body: converse('9007199254740993') }],
    ['InvokeModel', { operation: 'InvokeModel', modelId: 'amazon.titan-embed-text-v2:0', body: '{"inputText":"a"}' }],
  ])('the JSON text of a request is answered as the document: %s', async (_operation, event) => {
    const { payload } = await lambda.invoke('InvokeEventFunction', Buffer.from(JSON.stringify(event)))
    expect(JSON.parse(payload.toString())).not.toHaveProperty('errorType')
  })
})

test('an address without a server gives ServiceUnavailableException with the reason', async () => {
  // A port that was free a moment ago.
  const gone = createBedrockEmulator({ environment: {} })
  const port = await gone.listen(0)
  await gone.close()
  const unreachable = await startLambda({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${port}` })
  try {
    const { payload } = await unreachable.invoke('InvokeFunction', readFileSync(join(EVENTS, 'converse.json')))
    expect(documentOf(payload)).toEqual({
      statusCode: 503,
      document: { message: 'Bedrock could not be reached: ECONNREFUSED.' },
    })
  } finally {
    await unreachable.close()
  }
})
