import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { chooseFormat, forwardStream } from '@bedrock-functions/runtime/http/stream'
import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'
import { callBasics, createTestPipeline } from '../../support/calls.ts'
import {
  CLAUDE,
  createAnthropicClient,
  createHttp1Client,
  type RunningEmulator,
  startEmulator,
  userMessage,
} from '../bedrock-emulator/support.ts'

const PRICE = { input: 1.1, output: 5.5, asOf: '2026-11-10' }

let emulator: RunningEmulator
let server: Server
let url: string

beforeAll(async () => {
  emulator = await startEmulator()
  const bedrock = createBedrock(readConfiguration({}), {
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const pipeline = createTestPipeline(bedrock, { prices: createPriceBook({ findPrice: async () => PRICE }) })

  /** Handles a call like the stream function, without Lambda. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray())
    const path = request.url ?? ''
    const isConverse = path.endsWith('/converse-stream')
    const operation = isConverse ? 'ConverseStream' : 'InvokeModelWithResponseStream'
    const modelId = decodeURIComponent(path.split('/')[2] ?? '')
    const call = { operation, modelId, headers: {}, body, caller: undefined, replyHeaders: {} } as const
    const stream = await pipeline.open(call, { ...callBasics(), retry: false, silenceLimitMs: 60_000 })
    const format = chooseFormat(request.headers.accept, [])
    response.writeHead(200, { 'content-type': format.contentType, 'x-amzn-bedrock-content-type': 'application/json' })
    await forwardStream(stream.source, response, {
      ...stream,
      format,
      silenceLimitMs: 20_000,
      heartbeatMs: 20_000,
      remainingMs: 20_000,
    })
  }

  server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await emulator.close()
})

const messages = [userMessage('What is the capital of France?')]

/** In dollars: 1.1 and 5.5 millionths are 11 and 55 ten-millionths. */
function costOf(inputTokens: number, outputTokens: number): number {
  return Number(`${11 * inputTokens + 55 * outputTokens}e-7`)
}

test('the AWS SDK reads a stream whose metadata has an additional member, and ignores that member', async () => {
  const { stream } = await createHttp1Client(url).send(new ConverseStreamCommand({ modelId: CLAUDE, messages }))
  const events = []
  for await (const event of stream ?? []) events.push(event)
  expect(events.at(-1)?.metadata?.usage?.inputTokens).toBeGreaterThan(0)
  expect(events.at(-1)?.metadata?.metrics?.latencyMs).toBeDefined()
})

test("the additional member is the cost of the stream's usage", async () => {
  const response = await fetch(`${url}/model/${encodeURIComponent(CLAUDE)}/converse-stream`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify({ messages }),
  })
  const text = await response.text()
  const { usage, estimatedCost } = JSON.parse(/event: metadata\ndata: (.*)\n/.exec(text)?.[1] ?? '')
  const usd = costOf(usage.inputTokens, usage.outputTokens)
  expect(estimatedCost).toEqual({ usd, currency: 'USD', priceDate: PRICE.asOf })
})

test('the Anthropic SDK reads a native stream whose last chunk has an additional member', async () => {
  const client = createAnthropicClient(url)
  const message = await client.messages
    .stream({ model: CLAUDE, max_tokens: 100, messages: [{ role: 'user', content: 'What is the capital of France?' }] })
    .finalMessage()
  expect(message.stop_reason).toBe('end_turn')
  expect(message.usage.output_tokens).toBeGreaterThan(0)
})

test("the additional member is the cost of the chunk's metrics", async () => {
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
  const response = await fetch(`${url}/model/${encodeURIComponent(CLAUDE)}/invoke-with-response-stream`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify(body),
  })
  const chunks = [...(await response.text()).matchAll(/event: chunk\ndata: (.*)\n/g)].map(([, data]) =>
    JSON.parse(data ?? ''),
  )
  const last = JSON.parse(Buffer.from(chunks.at(-1).bytes, 'base64').toString())
  const { inputTokenCount, outputTokenCount } = last['amazon-bedrock-invocationMetrics']
  expect(chunks.at(-1).estimatedCost.usd).toBe(costOf(inputTokenCount, outputTokenCount))
  expect(chunks.slice(0, -1).filter((event) => 'estimatedCost' in event)).toEqual([])
})
