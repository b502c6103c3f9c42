import Anthropic from '@anthropic-ai/sdk'
import {
  BedrockClient,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock'
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import OpenAI from 'openai'
import { createBatch, readBatchOutput, uploadRecords } from '../support/batches.ts'
import { createStackClients, eventually, readText, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CLAUDE } from '../support/stock-clients.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const ENDED = new Set(['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'])

let stack: RunningStack
let clients: StackClients
let bedrock: BedrockClient

beforeAll(async () => {
  stack = await startStack({ environment: { EMULATOR_BATCH: 'minRecords=10,stateMs=20' } })
  clients = createStackClients(stack)
  bedrock = new BedrockClient({ endpoint: stack.api, region: 'us-east-1', credentials })
}, 60_000)
afterAll(async () => {
  bedrock.destroy()
  clients.destroy()
  await stack.stop()
})

const end = (jobIdentifier: string) =>
  eventually(async () => {
    const job = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }))
    return ENDED.has(job.status ?? '') ? job : undefined
  })

/** Creates a batch and waits for its end. */
async function run(records: readonly object[], changes: Partial<CreateModelInvocationJobCommandInput> = {}) {
  const s3Uri = await uploadRecords(stack, records)
  const jobArn = await createBatch(bedrock, s3Uri, changes)
  return { jobArn, job: await end(jobArn), lines: await readBatchOutput(clients.s3, jobArn) }
}

const converseInput = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] })
const nativeInput = (content: string) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
})

test('a batch below the minimum runs on the map, and each line is what Converse answers', async () => {
  const records = Array.from({ length: 7 }, (_, index) => ({
    recordId: `R${index}`,
    modelInput: converseInput(`[emulator:say=Number ${index}]`),
  }))
  const { job, lines } = await run(records, { modelInvocationType: 'Converse' })
  expect(job).toMatchObject({ status: 'Completed', totalRecordCount: 7, successRecordCount: 7, modelId: CLAUDE })
  expect(lines.map(({ recordId }) => recordId)).toEqual(records.map(({ recordId }) => recordId))
  for (const { modelInput, modelOutput } of lines) {
    const { $metadata: _, ...answer } = await clients.bedrock.send(
      new ConverseCommand({ modelId: CLAUDE, ...(modelInput as ReturnType<typeof converseInput>) }),
    )
    expect(modelOutput).toMatchObject({ output: answer.output, stopReason: answer.stopReason })
  }
  const { invocationJobSummaries = [] } = await bedrock.send(new ListModelInvocationJobsCommand({ maxResults: 1 }))
  expect(invocationJobSummaries).toMatchObject([{ jobName: 'test', status: 'Completed' }])
}, 60_000)

test("a batch with enough records runs as Bedrock's batch, and each line is what InvokeModel answers", async () => {
  const records = Array.from({ length: 12 }, (_, index) => ({
    recordId: `R${index}`,
    modelInput: nativeInput(`[emulator:say=Number ${index}]`),
  }))
  const { jobArn, job, lines } = await run(records)
  expect(job).toMatchObject({ status: 'Completed', totalRecordCount: 12, successRecordCount: 12 })
  const details = await fetch(`${stack.api}/model-invocation-job/${encodeURIComponent(jobArn)}`, {
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/bedrock/aws4_request` },
  })
  expect(await details.json()).toMatchObject({
    route: 'bedrock',
    routeReason: expect.stringMatching(/half the price/),
    estimate: { isHalfPrice: true },
    estimatedCost: { usd: expect.any(Number) },
  })
  expect(new Set(lines.map(({ recordId }) => recordId)).size).toBe(12)
  const [{ modelInput, modelOutput } = {}] = lines
  const { body } = await clients.bedrock.send(
    new InvokeModelCommand({ modelId: CLAUDE, body: JSON.stringify(modelInput) }),
  )
  const { id: _, ...answer } = JSON.parse(body.transformToString())
  expect(modelOutput).toMatchObject(answer)
}, 60_000)

test('a batch is stopped on the map, and its output has what was answered', async () => {
  const records = Array.from({ length: 200 }, (_, index) => ({
    recordId: `R${index}`,
    modelInput: converseInput(`${index} [emulator:stall=${index < 20 ? 0 : 700}]`),
  }))
  const s3Uri = await uploadRecords(stack, records)
  const jobArn = await createBatch(bedrock, s3Uri, {
    modelInvocationType: 'Converse',
    tags: [{ key: 'bedrock-functions:route', value: 'map' }],
  })
  await eventually(async () => {
    const job = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn }))
    return job.processedRecordCount ? job : undefined
  })
  await bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }))
  const job = await end(jobArn)
  const lines = await readBatchOutput(clients.s3, jobArn)
  expect(job.status).toBe('Stopped')
  expect(lines).toHaveLength(job.processedRecordCount ?? 0)
  expect(lines.length).toBeLessThan(200)
}, 60_000)

test('errors are those of the service', async () => {
  const get = bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier: 'abcdefghijkl' }))
  await expect(get).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  const s3Uri = 's3://somewhere-else/input.jsonl'
  await expect(createBatch(bedrock, s3Uri)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('inputDataConfig.s3InputDataConfig.uri'),
  })
})

/** Lines of a file of OpenAI's contract, or of the results of Anthropic's. */
const parseLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

test('the client of OpenAI uploads a file, runs it as a batch and reads answers and errors', async () => {
  const openai = new OpenAI({ baseURL: `${stack.api}/v1`, apiKey: 'a-key' })
  const line = (custom_id: string, model: string, content: string) => ({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content }] },
  })
  const lines = [
    line('claude', 'claude-sonnet-4-5', '[emulator:say=From Claude]'),
    line('nova', 'amazon.nova-lite-v1:0', '[emulator:say=From Nova]'),
    line('bad', 'amazon.nova-lite-v1:0', '[emulator:error=ModelErrorException]'),
  ]
  const content = lines.map((record) => JSON.stringify(record)).join('\n')
  const file = await openai.files.create({ file: new File([content], 'Anfragen für heute.jsonl'), purpose: 'batch' })
  expect(file).toMatchObject({ object: 'file', filename: 'Anfragen für heute.jsonl', bytes: content.length })
  const created = await openai.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { team: 'a' },
  })
  expect(created).toMatchObject({ object: 'batch', input_file_id: file.id, metadata: { team: 'a' } })
  const batch = await eventually(async () => {
    const found = await openai.batches.retrieve(created.id)
    return found.completed_at ? found : undefined
  })
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } })
  const output = parseLines(await (await openai.files.content(batch.output_file_id ?? '')).text())
  expect(output.map(({ custom_id, response }) => [custom_id, response.body.choices[0].message.content])).toEqual([
    ['claude', 'From Claude'],
    ['nova', 'From Nova'],
  ])
  const errors = parseLines(await (await openai.files.content(batch.error_file_id ?? '')).text())
  expect(errors).toMatchObject([{ custom_id: 'bad', response: { body: { error: { message: expect.any(String) } } } }])
  const ids: string[] = []
  for await (const found of openai.batches.list({ limit: 1 })) ids.push(found.id)
  expect(ids).toEqual([created.id])
  await expect(openai.batches.cancel(created.id)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('The batch is Completed, so it cannot be stopped.'),
  })
  for (const unknown of ['batch_abcdefghijkl', 'batch_x']) {
    await expect(openai.batches.retrieve(unknown)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  }
  expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true })
  await expect(openai.files.retrieve(file.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
}, 60_000)

test('the client of Anthropic runs a batch of messages and reads its results', async () => {
  const anthropic = new Anthropic({ baseURL: stack.api, apiKey: 'a-key' })
  const request = (custom_id: string, model: string, content: string) => ({
    custom_id,
    params: { model, max_tokens: 50, messages: [{ role: 'user' as const, content }] },
  })
  const requests = [
    request('claude', 'claude-sonnet-4-5', '[emulator:say=From Claude]'),
    request('nova', 'amazon.nova-lite-v1:0', '[emulator:say=From Nova]'),
    request('bad', 'claude-sonnet-4-5', '[emulator:error=ModelErrorException]'),
  ]
  const created = await anthropic.messages.batches.create({ requests })
  expect(created).toMatchObject({
    type: 'message_batch',
    processing_status: 'in_progress',
    request_counts: { processing: 3 },
  })
  const batch = await eventually(async () => {
    const found = await anthropic.messages.batches.retrieve(created.id)
    return found.processing_status === 'ended' ? found : undefined
  })
  expect(batch.request_counts).toMatchObject({ processing: 0, succeeded: 2, errored: 1 })
  const results: unknown[] = []
  for await (const result of await anthropic.messages.batches.results(created.id)) results.push(result)
  expect(results).toMatchObject([
    {
      custom_id: 'claude',
      result: { type: 'succeeded', message: { content: [{ type: 'text', text: 'From Claude' }] } },
    },
    { custom_id: 'nova', result: { type: 'succeeded', message: { content: [{ type: 'text', text: 'From Nova' }] } } },
    { custom_id: 'bad', result: { type: 'errored', error: { type: 'error', error: { type: 'api_error' } } } },
  ])
  const listed: string[] = []
  for await (const found of anthropic.messages.batches.list({ limit: 1 })) listed.push(found.id)
  expect(listed).toEqual([created.id])
  await expect(anthropic.messages.batches.create({ requests: [] })).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  const missing = anthropic.messages.batches.retrieve('msgbatch_abcdefghijkl')
  await expect(missing).rejects.toBeInstanceOf(Anthropic.NotFoundError)
}, 60_000)

test('a canceled batch of Anthropic has a line for each request', async () => {
  const anthropic = new Anthropic({ baseURL: stack.api, apiKey: 'a-key' })
  const requests = Array.from({ length: 80 }, (_, index) => ({
    custom_id: `r${index}`,
    params: {
      model: 'claude-sonnet-4-5',
      max_tokens: 50,
      messages: [{ role: 'user' as const, content: `[emulator:stall=${index < 10 ? 0 : 900}]` }],
    },
  }))
  const { id } = await anthropic.messages.batches.create({ requests })
  for (const _time of ['first', 'second']) {
    expect(await anthropic.messages.batches.cancel(id)).toMatchObject({ processing_status: 'canceling' })
  }
  await eventually(async () => {
    const found = await anthropic.messages.batches.retrieve(id)
    return found.processing_status === 'ended' ? found : undefined
  })
  const types: string[] = []
  for await (const { result } of await anthropic.messages.batches.results(id)) types.push(result.type)
  expect(types).toHaveLength(80)
  expect(types).toContain('canceled')
}, 60_000)

test.each([
  ['Converse', { recordId: 'a', modelInput: converseInput('[emulator:say=Dropped]') }],
  ['native', { recordId: 'a', modelInput: nativeInput('[emulator:say=Dropped]') }],
  [
    'openai',
    {
      custom_id: 'a',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: CLAUDE, messages: [{ role: 'user', content: '[emulator:say=Dropped]' }] },
    },
  ],
  [
    'anthropic',
    {
      custom_id: 'a',
      params: { model: CLAUDE, max_tokens: 9, messages: [{ role: 'user', content: '[emulator:say=Dropped]' }] },
    },
  ],
])(
  'a file of %s records under inbox/batch/ is a batch, too',
  async (name, record) => {
    const Bucket = 'local-jobsbucket'
    const Body = `${JSON.stringify(record)}\n`
    await clients.s3.send(new PutObjectCommand({ Bucket, Key: `inbox/batch/${name}.jsonl`, Body }))
    const key = await eventually(async () => {
      const { Contents = [] } = await clients.s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: `outbox/batch/${name}/` }),
      )
      return Contents.map(({ Key = '' }) => Key).find((found) => found.endsWith(`${name}.jsonl.out`))
    })
    expect(await readText(clients.s3, Bucket, key)).toContain('Dropped')
  },
  60_000,
)
