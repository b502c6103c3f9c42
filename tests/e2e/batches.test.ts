import {
  BedrockClient,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock'
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBatch, readBatchOutput, uploadRecords } from '../support/batches.ts'
import { createStackClients, eventually, type StackClients } from '../support/stack-clients.ts'
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
