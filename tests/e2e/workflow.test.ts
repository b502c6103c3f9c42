import { GetAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { ListStateMachinesCommand, SFNClient, StartSyncExecutionCommand } from '@aws-sdk/client-sfn'
import { createStackClients, endOf, eventually, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

/** Tests the real definition, functions and mapping templates, through API Gateway and a stock client. */

let stack: RunningStack
let clients: StackClients
let states: SFNClient
let stateMachineArn: string | undefined
beforeAll(async () => {
  stack = await startStack()
  clients = createStackClients(stack)
  states = new SFNClient({
    endpoint: stack.stepFunctions,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // SDKs put sync- before the host of StartSyncExecution.
    disableHostPrefix: true,
  })
  stateMachineArn = (await states.send(new ListStateMachinesCommand({}))).stateMachines?.find(({ name }) =>
    name?.includes('InferenceWorkflow'),
  )?.stateMachineArn
}, 60_000)
afterAll(async () => {
  states.destroy()
  clients.destroy()
  await stack.stop()
})

interface Result {
  readonly status: string
  readonly mode: string
  readonly text: string | null
  readonly invocationArn: string | null
  readonly timedOut: boolean
  readonly answer: { readonly output: unknown; readonly stopReason: string } | null
  readonly usage: unknown
  readonly estimatedCost: unknown
  readonly outputs: readonly unknown[] | null
}

const CREDENTIALS = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0',
}

async function post(input: unknown): Promise<{ status: number; type: string | null; document: Result }> {
  const response = await fetch(`${stack.api}/workflow`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...CREDENTIALS },
    body: JSON.stringify(input),
  })
  const document = (await response.json()) as Result
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), document }
}

const QUESTION = '日本で一番高い山は?'

test('every mode answers with the same members, through API Gateway and through Step Functions', async () => {
  const shapes = new Set<string>()
  for (const mode of ['direct', 'sync', 'async', 'auto']) {
    const { status, document } = await post({ prompt: QUESTION, mode })
    expect([mode, status]).toEqual([mode, 200])
    expect(document).toMatchObject({ status: 'Completed', text: expect.stringContaining('富士山') })
    shapes.add(Object.keys(document).sort().join())
    const command = new StartSyncExecutionCommand({
      stateMachineArn,
      input: JSON.stringify({ prompt: QUESTION, mode }),
    })
    const execution = await states.send(command)
    expect(execution.status).toBe('SUCCEEDED')
    shapes.add(
      Object.keys(JSON.parse(execution.output ?? '{}'))
        .sort()
        .join(),
    )
  }
  expect([...shapes]).toHaveLength(1)
})

test('a throttled call recovers, and one that stays throttled is the common error shape with 429', async () => {
  for (const mode of ['direct', 'sync', 'async']) {
    const { status } = await post({ prompt: `${mode} [emulator:throttle=1]`, mode })
    expect([mode, status]).toEqual([mode, 200])
  }
  for (const mode of ['direct', 'sync']) {
    const { status, type, document } = await post({ prompt: `${mode} [emulator:throttle=99]`, mode })
    expect([mode, status, type]).toEqual([mode, 429, 'ThrottlingException'])
    expect(Object.keys(document)).toEqual(['message'])
  }
})

test('a stalled call becomes a job only on request, and its caller polls the job to its end', async () => {
  const stalled = { prompt: 'stalled [emulator:stall=2500]', mode: 'sync', waitSeconds: 1 }
  const message = expect.stringContaining('waitSeconds')
  expect(await post(stalled)).toMatchObject({ status: 408, type: 'ModelTimeoutException', document: { message } })
  const { status, document } = await post({ ...stalled, onTimeout: 'job' })
  expect([status, document.status, document.timedOut]).toEqual([202, 'InProgress', true])
  const command = new GetAsyncInvokeCommand({ invocationArn: document.invocationArn ?? '' })
  await expect(clients.bedrock.send(command)).resolves.toMatchObject({ status: 'InProgress' })
  await expect(endOf(clients.bedrock, document.invocationArn ?? '')).resolves.toMatchObject({ status: 'Completed' })
})

const converse = { messages: [{ role: 'user', content: [{ text: QUESTION }] }] }
const HAIKU = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'

test('a Converse request has the same answer and the same cost in mode direct and through the function', async () => {
  const [direct, sync] = await Promise.all(['direct', 'sync'].map((mode) => post({ converse, mode })))
  const { estimatedCost, usage, answer } = sync?.document ?? {}
  expect(direct?.document).toMatchObject({ mode: 'direct', estimatedCost, usage })
  expect(direct?.document.answer).toMatchObject({ output: answer?.output, stopReason: answer?.stopReason })
})

test('a native body has the same cost in mode direct and through the function', async () => {
  const invokeModel = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: QUESTION }],
  }
  const [direct, sync] = await Promise.all(['direct', 'sync'].map((mode) => post({ invokeModel, mode })))
  expect(direct?.document.estimatedCost).toMatchObject({ usd: expect.any(Number) })
  expect(direct?.document.estimatedCost).toEqual(sync?.document.estimatedCost)
})

test('each mode ends a timeout, a guardrail and a failure of the model in the same way', async () => {
  const guardrail = { guardrailIdentifier: 'abcdefghijkl', guardrailVersion: 'DRAFT' }
  const prompt = (text: string) => ({ converse: { messages: [{ role: 'user', content: [{ text }] }] } })
  for (const mode of ['direct', 'sync', 'async']) {
    const blocked = await post({ ...prompt('Write to jane@example.com'), mode, guardrail })
    expect([mode, blocked.status, blocked.document.status]).toEqual([mode, 200, 'Blocked'])
    const failed = await post({ ...prompt('[emulator:error=ModelErrorException]'), mode })
    expect([mode, failed.status, failed.type]).toEqual([mode, 424, 'ModelErrorException'])
    const late = await post({ ...prompt(`${mode} [emulator:stall=2500]`), mode, waitSeconds: 1, onTimeout: 'job' })
    expect([mode, late.status, late.document.status]).toEqual([mode, 202, 'InProgress'])
  }
})

test('an answer above 256 KiB is a 400 that names mode async, a job, or an object', async () => {
  const long = { prompt: '[emulator:tokens=60000]', maxTokens: 64_000, modelId: HAIKU }
  for (const mode of ['direct', 'sync']) {
    const { status, document } = await post({ ...long, mode })
    expect([mode, status]).toEqual([mode, 400])
    expect((document as unknown as { message: string }).message).toContain('mode async')
  }
  const invokeModel = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 64_000,
    messages: [{ role: 'user', content: '[emulator:tokens=60000]' }],
  }
  for (const input of [long, { invokeModel, modelId: HAIKU, mode: 'direct' }]) {
    const { status, document } = await post(input)
    expect([status, document.status, document.answer]).toEqual([200, 'Completed', null])
    expect(document.outputs?.length).toBeGreaterThan(0)
  }
})

test('a guardrail that blocks the input prevents the call of the model', async () => {
  // A model of its own: jobs of other tests may still run.
  const modelId = 'global.anthropic.claude-opus-4-6-v1'
  const guardrail = { guardrailIdentifier: 'abcdefghijkl', guardrailVersion: 'DRAFT' }
  const { status, document } = await post({ prompt: 'Write to jane@example.com', guardrail, modelId })
  expect([status, document.status]).toEqual([200, 'Blocked'])
  expect(stack.output()).not.toContain(modelId)
  await post({ prompt: 'Hello', modelId })
  expect(stack.output()).toMatch(new RegExp(`bedrock 200 (InvokeModel|Converse) ${modelId}`))
})

test.each([
  ['nothing to do', {}, /prompt/],
  ['two things to do', { prompt: 'a', converse: {} }, /prompt.*converse/s],
  ['a mode that is none', { prompt: 'a', mode: 'fast' }, /mode/],
  ['a prompt of 300 KiB', { prompt: 'x'.repeat(300 * 1024) }, /inputS3Uri|uploads/],
])('%s is a 400 that names the field', async (_, input, message) => {
  const { status, type, document } = await post(input)
  expect([status, type]).toEqual([400, 'ValidationException'])
  expect((document as unknown as { message: string }).message).toMatch(message)
})

test('a prompt of 300 KiB is sent by an upload', async () => {
  const response = await fetch(`${stack.api}/uploads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...CREDENTIALS },
    body: JSON.stringify({ contentType: 'application/json' }),
  })
  const ticket = (await response.json()) as { url: string; headers: Record<string, string>; s3Uri: string }
  const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: `${'x '.repeat(150 * 1024)}Hi` }] }] })
  await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body })
  const { status, document } = await post({ inputS3Uri: ticket.s3Uri })
  expect([status, document.status, document.mode]).toEqual([200, 'Completed', 'async'])
})

test('an event starts the workflow', async () => {
  const detail = JSON.stringify({ prompt: 'from an event', mode: 'async' })
  const before = stack.output().match(/workflow SUCCEEDED/g)?.length ?? 0
  await clients.events.send(
    new PutEventsCommand({
      Entries: [{ EventBusName: 'local', Source: 'shop', DetailType: 'Workflow Requested', Detail: detail }],
    }),
  )
  await eventually(async () => {
    const now = stack.output().match(/workflow SUCCEEDED/g)?.length ?? 0
    return now > before ? true : undefined
  })
})

test('an event with bad input starts an execution that fails with the name of the error', async () => {
  const bad = [
    {},
    { prompt: '' },
    { prompt: 'a', mode: 'fast' },
    { prompt: 'a', waitSeconds: 281 },
    { prompt: 'a', converse },
  ]
  const failures = () => stack.output().match(/workflow FAILED .* - ValidationException/g)?.length ?? 0
  const before = failures()
  await clients.events.send(
    new PutEventsCommand({
      Entries: bad.map((detail) => ({
        EventBusName: 'local',
        Source: 'shop',
        DetailType: 'Workflow Requested',
        Detail: JSON.stringify(detail),
      })),
    }),
  )
  await eventually(async () => (failures() - before >= bad.length ? true : undefined))
})
