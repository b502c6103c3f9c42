import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BedrockClient, GetModelInvocationJobCommand } from '@aws-sdk/client-bedrock'
import { StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBatch, readBatchOutput, uploadRecords } from '../support/batches.ts'
import { countVersions, createStackClients, endOf, eventually, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CLAUDE } from '../support/stock-clients.ts'

const BUCKET = 'local-jobsbucket'
const JOBS = 30
const RECORDS = 150
const KILLS = 6
const MARENGO = 'twelvelabs.marengo-embed-3-0-v1:0'

let stateDirectory: string
let stack: RunningStack
let clients: StackClients

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'jobs-crash-'))
  await restart()
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
  await rm(stateDirectory, { recursive: true, force: true })
})

async function restart(): Promise<void> {
  stack = await startStack({ stateDirectory, ...(stack && { port: stack.port }) })
  clients?.destroy()
  clients = createStackClients(stack)
}

/**
 * Makes jobs: Bedrock runs every tenth itself, and the others take up to a second, so that a kill finds them in progress.
 */
function jobInput(index: number) {
  if (index % 10 === 0) return { modelId: MARENGO, modelInput: { inputType: 'text', text: { inputText: `${index}` } } }
  const content = `[emulator:stall=${(index * 37) % 1000}] job ${index}`
  const modelInput = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content }] }
  return { modelId: CLAUDE, modelInput }
}

/** Record that takes up to half a second. One in 100 fails, and one in 100 is throttled once. */
function record(index: number) {
  const directive = { 7: '[emulator:error=ModelErrorException]', 13: '[emulator:throttle=1]' }[index % 100] ?? ''
  const text = `record ${index} [emulator:stall=${(index * 37) % 500}]${directive}`
  return { recordId: `R${index}`, modelInput: { messages: [{ role: 'user', content: [{ text }] }] } }
}

/** Starts a batch on the map. */
async function startBatch(): Promise<string> {
  const bedrock = createControlPlane()
  const s3Uri = await uploadRecords(
    stack,
    Array.from({ length: RECORDS }, (_, index) => record(index)),
  )
  const arn = await createBatch(bedrock, s3Uri, {
    modelInvocationType: 'Converse',
    tags: [{ key: 'bedrock-functions:route', value: 'map' }],
  })
  bedrock.destroy()
  return arn
}

const createControlPlane = () =>
  new BedrockClient({
    endpoint: stack.api,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })

test('every accepted job ends once, and a batch answers each record once, after any number of kills of the stack', async () => {
  const batchArn = await startBatch()
  /** ARNs by number; undefined until accepted. */
  const accepted: string[] = []
  let isOver = false
  // Like an SDK, the client retries with the same token until it has an answer.
  const submit = async (index: number) => {
    while (!isOver) {
      const command = new StartAsyncInvokeCommand({
        ...jobInput(index),
        clientRequestToken: `job-${index}`,
        outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/output` } },
      })
      try {
        const { invocationArn = '' } = await clients.bedrock.send(command)
        accepted[index] = invocationArn
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  const clerk = async (first: number) => {
    for (let index = first; index < JOBS; index += 5) await submit(index)
  }
  const submitting = Promise.all([0, 1, 2, 3, 4].map(clerk))
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, randomInt(700)))
      await stack.kill()
      await restart()
    }
    await submitting
  } finally {
    isOver = true
  }
  expect(new Set(accepted).size).toBe(JOBS)
  const ends = await Promise.all(accepted.map((arn) => endOf(clients.bedrock, arn)))
  expect(ends.map(({ status }) => status)).toEqual(Array.from({ length: JOBS }, () => 'Completed'))
  const versions = await countVersions(clients.s3, BUCKET, 'output/')
  const ours = accepted.filter((_, index) => index % 10 !== 0)
  expect(ours.map((arn) => versions.get(`output/${arn.slice(-12)}/output.json`))).toEqual(ours.map(() => 1))

  const bedrock = createControlPlane()
  const batch = await eventually(async () => {
    const job = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier: batchArn }))
    return job.endTime && job
  })
  bedrock.destroy()
  const errors = Math.ceil(RECORDS / 100)
  expect(batch).toMatchObject({ status: 'Completed', successRecordCount: RECORDS - errors, errorRecordCount: errors })
  const lines = await readBatchOutput(clients.s3, batchArn)
  expect(lines.map(({ recordId }) => recordId)).toEqual(Array.from({ length: RECORDS }, (_, index) => `R${index}`))
  expect(lines.filter(({ error }) => error).map(({ error }) => error?.errorCode)).toEqual(Array(errors).fill(424))
}, 400_000)
