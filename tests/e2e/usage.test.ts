import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import { BedrockClient, GetModelInvocationJobCommand } from '@aws-sdk/client-bedrock'
import { ConverseCommand, ThrottlingException } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import OpenAI from 'openai'
import { createUsageTable } from '../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { createBatch, uploadRecords } from '../support/batches.ts'
import { eventually } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CLAUDE, createAwsClient } from '../support/stock-clients.ts'

const NOVA = 'us.amazon.nova-lite-v1:0'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const region = 'us-east-1'

let stack: RunningStack

beforeAll(async () => {
  stack = await startStack({
    arguments: [
      '--parameter-overrides',
      ...['UsageLedger=ON', 'UsageOperators=user/admin', 'ResponseCache=REQUEST', 'Budgets=SOFT'],
    ],
    environment: { EMULATOR_BATCH: 'minRecords=10,stateMs=20' },
  })
  // Before the first call: functions keep the budgets for some seconds.
  await promisify(execFile)(process.execPath, [
    ...['scripts/budgets.ts', 'set', 'user/erin', '1.5/month', '--local', '--port', String(stack.port)],
  ])
  const table = createUsageTable(
    { name: 'UsageTable', retentionDays: 1 },
    { endpoint: stack.dynamodb, region, credentials },
  )
  await table.setBudget({ of: await callerOf(BEARER), perMonth: 1.5, allowsUnpriced: false })
  const spent = { time: Date.now(), modelId: CLAUDE, counts: { calls: 1 }, usd: 1.625 }
  await table.add([
    { id: 'erin', caller: await callerOf(signatureOf('erin')), ...spent },
    { id: 'key', caller: await callerOf(BEARER), ...spent },
  ])
}, 60_000)

const BEARER = { authorization: 'Bearer a-key-without-money-left' }

/** Returns the identity of a caller. */
async function callerOf(headers: Headers): Promise<string> {
  const response = await fetch(`${stack.api}/usage`, { headers })
  return ((await response.json()) as { caller: string }).caller
}
afterAll(() => stack.stop())

const signatureOf = (caller: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${caller}/20261127/us-east-1/execute-api/aws4_request`,
})

type Headers = Readonly<Record<string, string>>

function post(path: string, document: object, { caller = 'local', ...headers }: Headers = {}): Promise<Response> {
  return fetch(stack.api + path, {
    method: 'POST',
    headers: { ...signatureOf(caller), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(document),
  })
}

const pathOf = (operation: string, model = CLAUDE) => `/model/${encodeURIComponent(model)}/${operation}`
const converse = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] })
const messages = [{ role: 'user', content: 'Hello' }]
const native = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages }

/** Gets a document as a caller. */
async function get(path: string, { caller = 'local', ...headers }: Headers = {}): Promise<string> {
  return (await fetch(stack.api + path, { headers: { ...signatureOf(caller), ...headers } })).text()
}

/** Reads the usage of a caller in the current month. */
async function usageOf(caller: string): Promise<Record<string, number>> {
  return JSON.parse(await get('/usage', { caller })).total
}

/** Waits until the ledger has all calls of a caller. It is written after the answers. */
const usageAfter = (caller: string, calls: number) =>
  eventually(async () => {
    const usage = await usageOf(caller)
    return (usage.calls ?? 0) >= calls ? usage : undefined
  })

const costIn = (text: string) => Number(/"estimatedCost":\{"usd":([\d.e-]+)/.exec(text)?.[1])
const costOf = ({ headers }: Response) => Number(headers.get('x-bedrock-functions-cost-usd'))
const sum = (costs: readonly number[]) => Number(costs.reduce((total, cost) => total + cost, 0).toFixed(10))

test('the ledger has each call of each kind once, and their costs to the last digit', async () => {
  const cacheable = { 'x-bedrock-functions-cache': 'ttl=60' }
  const answers = [
    await post(pathOf('converse'), converse('Hello')),
    await post(pathOf('invoke'), native),
    await post(pathOf('converse', NOVA), { ...converse('Hello'), inferenceConfig: { temperature: 0 } }, cacheable),
    await post('/v1/chat/completions', { model: CLAUDE, messages }),
    await post('/v1/messages', { model: CLAUDE, max_tokens: 100, messages }, { 'anthropic-version': '2023-06-01' }),
  ]
  const stream = await post(pathOf('converse-stream'), converse('Hello'), { accept: 'text/event-stream' })
  const nativeStream = await post(pathOf('invoke-with-response-stream'), native, { accept: 'text/event-stream' })
  // No function makes the calls of a workflow in mode direct, unless the stack counts them.
  const workflow = await post('/workflow', { prompt: 'Hello', modelId: CLAUDE })
  const started = (await (
    await post('/async-invoke', { modelId: CLAUDE, input: { converse: converse('Hi') } })
  ).json()) as {
    invocationArn: string
  }
  const job = await eventually(async () => {
    const text = await get(`/async-invoke/${encodeURIComponent(started.invocationArn)}`)
    return text.includes('InProgress') ? undefined : text
  })
  const streamed = [await stream.text(), await nativeStream.text(), await workflow.text(), job]
  // The same request again is free.
  await post(pathOf('converse', NOVA), { ...converse('Hello'), inferenceConfig: { temperature: 0 } }, cacheable)
  const costs = [...answers.map(costOf), ...streamed.map(costIn)]
  const usage = await usageAfter('local', 10)

  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(costs.filter((cost) => cost > 0)).toHaveLength(9)
  expect(usage).toMatchObject({ calls: 10, cached: 1, usd: sum(costs) })
}, 60_000)

test("records of a batch are counted, on the map and as Bedrock's own", async () => {
  const before = await usageOf('local')
  const bedrock = new BedrockClient({ endpoint: stack.api, region, credentials })
  const run = async (count: number) => {
    const records = Array.from({ length: count }, (_, index) => ({
      recordId: `R${index}`,
      modelInput: converse(`[emulator:say=${index}]`),
    }))
    const jobArn = await createBatch(bedrock, await uploadRecords(stack, records), { modelInvocationType: 'Converse' })
    await eventually(async () => {
      const { status } = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn }))
      return status === 'Completed' ? status : undefined
    })
    return get(`/model-invocation-job/${encodeURIComponent(jobArn)}`)
  }
  const [onMap, atBedrock] = [await run(3), await run(12)]
  bedrock.destroy()
  const usage = await usageAfter('local', (before.calls ?? 0) + 15)

  expect(atBedrock).toContain('"route":"bedrock"')
  expect(usage.calls).toBe((before.calls ?? 0) + 15)
  expect(usage.usd).toBe(sum([before.usd ?? 0, costIn(onMap), costIn(atBedrock)]))
}, 60_000)

test('a stream that breaks is counted by an estimate, a failure as an error, and a refusal not at all', async () => {
  const caller = { caller: 'bob', accept: 'text/event-stream' }
  for (const fault of ['reset@9', 'end@9']) {
    const broken = await post(pathOf('converse-stream'), converse(`${TEXT} [emulator:${fault}]`), caller)
    await broken.text()
  }
  const throttled = await post(pathOf('converse'), converse('[emulator:throttle=9]'), { caller: 'bob' })
  const refused = await post(pathOf('converse'), { messages: 1 }, { caller: 'bob' })
  const usage = await usageAfter('bob', 3)

  expect([throttled.status, refused.status]).toEqual([429, 400])
  expect(usage).toMatchObject({ calls: 3, errors: 3, estimated: 2 })
  expect(usage.inputTokens).toBeGreaterThan(100)
  expect(usage.outputTokens).toBeGreaterThan(0)
  expect(usage.usd).toBeGreaterThan(0)
}, 60_000)

test('a caller sees its own usage, and an operator that of all', async () => {
  await post(pathOf('converse'), converse('Hello'), { caller: 'carol' })
  await usageAfter('carol', 1)
  const own = JSON.parse(await get('/usage?by=model', { caller: 'carol' }))
  const csv = await get('/usage', { caller: 'carol', accept: 'text/csv' })
  const all = JSON.parse(await get('/usage/callers', { caller: 'admin' }))
  const refused = JSON.parse(await get('/usage/callers', { caller: 'carol' }))

  expect(own).toMatchObject({ total: { calls: 1 }, usage: [{ modelId: CLAUDE, calls: 1, outputTokens: 9 }] })
  expect(csv).toContain(`${new Date().toISOString().slice(0, 10)},${CLAUDE},1,0,0,0,0,`)
  const carol = all.callers.find(({ caller }: { caller: string }) => caller.endsWith('user/carol'))
  expect(carol).toMatchObject({ calls: 1, usd: own.total.usd })
  expect(refused.message).toContain('UsageOperators')
}, 60_000)

const SPENT = expect.stringMatching(
  /^The budget of 1\.5 USD for this month is spent: 1\.625 USD\. It begins anew at 20/,
)

test('a spent budget is the typed error of each client, which none of them repeats for long', async () => {
  const aws = createAwsClient(stack.api, () => ({
    credentials: { ...credentials, accessKeyId: 'erin' },
    requestHandler: new NodeHttpHandler(),
  }))
  const input = { modelId: CLAUDE, messages: [{ role: 'user' as const, content: [{ text: 'Hi' }] }] }
  const refused = await aws.send(new ConverseCommand(input)).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ThrottlingException)
  expect(refused).toMatchObject({ message: SPENT })
  aws.destroy()

  const apiKey = BEARER.authorization.replace('Bearer ', '')
  const openai = new OpenAI({ baseURL: `${stack.api}/v1`, apiKey })
  const asked = [{ role: 'user' as const, content: 'Hi' }]
  const chat = openai.chat.completions.create({ model: CLAUDE, messages: asked }).catch((error: unknown) => error)
  const streamed = openai.chat.completions
    .create({ model: CLAUDE, messages: asked, stream: true })
    .catch((error: unknown) => error)
  for (const error of [await chat, await streamed]) {
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota', error: { message: SPENT } })
  }
  const anthropic = new Anthropic({ baseURL: stack.api, apiKey })
  const error = await anthropic.messages
    .create({ model: CLAUDE, max_tokens: 100, messages: asked })
    .catch((refusal: unknown) => refusal)
  expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  expect(error).toMatchObject({ error: { error: { type: 'billing_error', message: SPENT } } })
  const endOfMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1)).getTime()
  const retryAfter = Number((error as InstanceType<typeof Anthropic.RateLimitError>).headers?.get('retry-after'))
  expect(Math.abs(retryAfter - (endOfMonth - Date.now()) / 1000)).toBeLessThan(60)
}, 60_000)

test('jobs, streams and workflows of a caller without money left fail, and nothing is counted', async () => {
  const before = await usageOf('erin')
  const erin = { caller: 'erin' }
  const stream = await post(pathOf('converse-stream'), converse('Hi'), erin)
  const workflow = await post('/workflow', { prompt: 'Hi', modelId: CLAUDE }, erin)
  const { invocationArn } = JSON.parse(
    await (await post('/async-invoke', { modelId: CLAUDE, input: { converse: converse('Hi') } }, erin)).text(),
  )
  const job = await eventually(async () => {
    const text = await get(`/async-invoke/${encodeURIComponent(invocationArn)}`, erin)
    return text.includes('InProgress') ? undefined : JSON.parse(text)
  })

  expect(stream.status).toBe(429)
  expect(await stream.json()).toMatchObject({
    message: SPENT,
    budget: { scope: 'caller', period: 'month', limitUsd: 1.5, spentUsd: 1.625, resetsAt: expect.any(String) },
  })
  expect(workflow.status).toBe(429)
  expect(job).toMatchObject({ status: 'Failed', failureMessage: expect.stringContaining('is spent') })
  expect(await usageOf('erin')).toEqual(before)
}, 60_000)

const TEXT = 'Tell me about the sea and its storms. '.repeat(20)
