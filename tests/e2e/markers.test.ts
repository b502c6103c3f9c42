import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { createStackClients, eventually, readText, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

/** Text that stands for what callers and models say, and for their keys. */
const MARKER = 'MARKER7f3a'
/** The marker, or its base64 at each of the three places where it can begin. */
const MARKED = new RegExp(
  [MARKER, ...[0, 1, 2].map((offset) => toBase64(offset))].map((text) => text.replaceAll('+', '\\+')).join('|'),
)

/** Base64 of the marker after some bytes, without the digits that depend on its neighbours. */
function toBase64(offset: number): string {
  const text = Buffer.from('\0'.repeat(offset) + MARKER)
    .toString('base64')
    .replace(/=+$/, '')
  return text.slice(offset === 0 ? 0 : offset + 1, -1)
}

const BUCKET = 'local-jobsbucket'
const NOVA = 'amazon.nova-lite-v1:0'
const CLAUDE = 'global.anthropic.claude-sonnet-4-6'

let stack: RunningStack
let clients: StackClients
let collector: Server
/** Traces that the functions have exported. */
const traces: string[] = []

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      traces.push(Buffer.concat(chunks).toString('latin1'))
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  stack = await startStack({
    arguments: ['--verbose', '--parameter-overrides', `OtlpTracesEndpoint=http://127.0.0.1:${port}/v1/traces`],
  })
  clients = createStackClients(stack)
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
  collector.close()
})

const say = (text: string) => [{ role: 'user', content: [{ text }] }]
const prompt = `${MARKER} [emulator:say=${MARKER} answers]`

/** Sends a document with a key, and reads the whole answer. */
async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${stack.api}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${MARKER}-key`, ...headers },
    body: JSON.stringify(body),
  })
  return response.text()
}

const model = (action: string, modelId = NOVA) => `/model/${encodeURIComponent(modelId)}/${action}`

test('no prompt, answer or key is in a log, a metric, a trace, an event or on the console', async () => {
  const tools = [{ toolSpec: { name: 'find', description: MARKER, inputSchema: { json: { type: 'object' } } } }]
  const native = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 50,
    messages: [{ role: 'user', content: prompt }],
  }
  const answers = await Promise.all([
    post(model('converse'), { messages: say(prompt), system: [{ text: MARKER }] }),
    post(model('converse'), {
      messages: say(`${MARKER} [emulator:tool=find {"q": "${MARKER}"}]`),
      toolConfig: { tools },
    }),
    post(model('converse-stream'), { messages: say(prompt) }, { accept: 'text/event-stream' }),
    post(model('invoke', CLAUDE), native),
    post(model('invoke-with-response-stream', CLAUDE), native, { accept: 'text/event-stream' }),
    post('/v1/chat/completions', { model: NOVA, messages: [{ role: 'user', content: prompt }] }),
    post('/v1/responses', { model: NOVA, input: prompt }),
    post(
      '/v1/messages',
      { model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: prompt }] },
      { 'anthropic-version': '2023-06-01' },
    ),
    post('/workflow', { prompt }),
    post(model('converse'), { messages: say(prompt) }, { prefer: 'respond-async, wait=20' }),
  ])
  for (const answer of answers) expect(answer).toMatch(MARKED)

  // Failures quote more than answers: refused bodies, errors of the model, and broken streams.
  await Promise.all([
    post(model('converse'), { messages: say(`${MARKER} [emulator:error=ModelErrorException]`) }),
    post(model('converse'), { messages: say(MARKER), [MARKER]: MARKER, inferenceConfig: { maxTokens: MARKER } }),
    post(model('converse-stream'), { messages: say(`${MARKER} [emulator:end@2]`) }, { accept: 'text/event-stream' }),
    post(model('invoke', CLAUDE), { [MARKER]: MARKER }),
    post('/v1/chat/completions', { model: NOVA, messages: [{ role: MARKER, content: MARKER }] }),
    post('/v1/messages', { model: CLAUDE, messages: MARKER }),
    post('/async-invoke', {
      modelId: NOVA,
      input: { converse: { messages: say(`${MARKER} [emulator:error=ModelErrorException]`) } },
    }),
    post('/model-invocation-job', { jobName: 'a', modelId: NOVA, [MARKER]: MARKER }),
    post('/guardrail/abcdefghijkl/version/DRAFT/apply', {
      source: 'INPUT',
      content: [{ text: { text: `${MARKER} jane@example.com` } }],
    }),
    post('/workflow', { converse: MARKER }),
  ])

  const record = { recordId: 'a', modelInput: { messages: say(prompt) } }
  const put = (Key: string, Body: string) => clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))
  await put('inbox/a.txt', prompt)
  await put('inbox/batch/a.jsonl', JSON.stringify(record))
  await put('inbox/batch/bad.jsonl', `{"recordId": "${MARKER}", "modelInput": "${MARKER}"}`)
  const Detail = JSON.stringify({
    modelId: NOVA,
    input: { converse: { messages: say(prompt) } },
    clientRequestToken: 'event',
  })
  const entry = { EventBusName: 'local', Source: 'test', DetailType: 'Inference Requested', Detail }
  await clients.events.send(new PutEventsCommand({ Entries: [entry] }))
  const answer = await eventually(() => readText(clients.s3, BUCKET, 'outbox/a.txt.json'))
  expect(answer).toContain(MARKER)
  await eventually(async () =>
    stack.output().match(/event Batch Inference Job State Change/g)?.length === 2 ? true : undefined,
  )
  await eventually(
    async () => (stack.output().match(/event Inference Job State Change/g)?.length ?? 0) >= 6 || undefined,
  )

  const directory = join(stack.stateDirectory, 'logs')
  const logs = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
  const told = [...logs, stack.output(), ...traces].join('\n')
  expect(told).toContain('AnswerRecord answered')
  expect(traces.length).toBeGreaterThan(5)
  expect(told.split('\n').filter((line) => MARKED.test(line))).toEqual([])
}, 120_000)
