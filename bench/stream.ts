import { once } from 'node:events'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import type { StreamReply } from '@bedrock-functions/runtime/core'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { readPipeline } from '@bedrock-functions/runtime/pipeline'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createRoutes } from '../functions/stream/routes.ts'
import { callBasics } from '../tests/support/calls.ts'
import { startProcess } from './bench-process.ts'
import { makeTable, median, type Table } from './measure.ts'

const EVENTS = 4000
const ROUNDS = 9
const FIRST_EVENT_CALLS = 200

const agent = new Agent({ keepAlive: true })
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]

/** One stream from Bedrock's socket to the response stream; `onFirst` is called before the first write. */
type Handler = (modelId: string, sink: ClientRequest, onFirst: () => void) => Promise<void>

/** Copies the bytes untouched: the least that any function can do. */
const copyHandler =
  (endpoint: string): Handler =>
  async (modelId, sink, onFirst) => {
    const call = httpRequest(`${endpoint}/model/${modelId}/converse-stream`, { method: 'POST', agent })
    call.end(JSON.stringify({ messages }))
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    for await (const chunk of response) {
      onFirst()
      if (!sink.write(chunk)) await once(sink, 'drain')
    }
    sink.end()
  }

function typedHandler(endpoint: string): Handler {
  const client = new BedrockRuntimeClient({ ...clientConfiguration(endpoint), requestHandler: new NodeHttpHandler() })
  return async (modelId, sink, onFirst) => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }))
    for await (const event of stream ?? []) {
      onFirst()
      if (!sink.write(`data: ${JSON.stringify(event)}\n\n`)) await once(sink, 'drain')
    }
    sink.end()
  }
}

function clientConfiguration(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
}

/** The stream function's route, as `serve` calls it. */
function routeHandler(endpoint: string, accept: string): Handler {
  const configuration = readConfiguration({})
  const bedrock = createBedrock(configuration, clientConfiguration(endpoint))
  const pipeline = readPipeline({ AWS_REGION: 'us-east-1' }, configuration, bedrock)
  const route = createRoutes({ configuration, pipeline }).find(({ operation }) => operation === 'ConverseStream')
  if (!route) throw new Error('no ConverseStream')
  const body = Buffer.from(JSON.stringify({ messages }))
  return async (modelId, sink, onFirst) => {
    const source = 'function-url' as const
    const request = { method: 'POST', segments: [], query: {}, headers: { accept }, body, source, caller: undefined }
    const reply = (await route.handle({ ...callBasics(), request, labels: { modelId } })) as StreamReply
    onFirst()
    await reply.forward(sink, 60_000)
  }
}

const MESSAGES = { max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }

/** A door's route, as `serve` calls it. `prefix` of the model decides whether Bedrock's own door serves it. */
function doorHandler(endpoint: string, operation: string, prefix = ''): Handler {
  const configuration = readConfiguration({})
  const bedrock = createBedrock(configuration, clientConfiguration(endpoint))
  const pipeline = readPipeline({ AWS_REGION: 'us-east-1' }, configuration, bedrock)
  const route = createRoutes({ configuration, pipeline }).find((candidate) => candidate.operation === operation)
  if (!route) throw new Error(`no ${operation}`)
  return async (modelId, sink, onFirst) => {
    const source = 'function-url' as const
    const asked = operation === 'OpenAIResponses' ? { input: 'Hello' } : MESSAGES
    const document = { model: prefix + modelId, stream: true, ...asked }
    const body = Buffer.from(JSON.stringify(document))
    const request = { method: 'POST', segments: [], query: {}, headers: {}, body, source, caller: undefined }
    const reply = (await route.handle({ ...callBasics(), request, labels: {} })) as StreamReply
    onFirst()
    await reply.forward(sink, 60_000)
  }
}

type Run = (handler: Handler, modelId: string, onFirst?: () => void) => Promise<void>

/** Runs a handler with a response stream that `/sink` of the peers reads. */
function runAgainst(endpoint: string): Run {
  return async (handler, modelId, onFirst = () => {}) => {
    const sink = httpRequest(`${endpoint}/sink`, { method: 'POST', agent })
    const answered = once(sink, 'response') as Promise<[IncomingMessage]>
    const [[response]] = await Promise.all([answered, handler(modelId, sink, onFirst)])
    response.resume()
    await once(response, 'end')
  }
}

async function cpuPerEvent(run: Run, handler: Handler, pace: 'bulk' | 'single'): Promise<number> {
  const started = process.cpuUsage()
  await run(handler, `${pace}.${EVENTS}`)
  const { user, system } = process.cpuUsage(started)
  return (user + system) / EVENTS
}

async function firstEventMs(run: Run, handler: Handler): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < FIRST_EVENT_CALLS; index += 1) {
    const started = performance.now()
    let first = 0
    await run(handler, 'bulk.10', () => {
      first ||= performance.now() - started
    })
    times.push(first)
  }
  return median(times)
}

/** Handlers between Bedrock's socket and the response stream, without the local stack. */
export async function benchStreams(): Promise<Table[]> {
  const peers = await startProcess('stream-peers.ts')
  const run = runAgainst(peers.url)
  const handlers: Record<string, Handler> = {
    "SDK's typed stream, JSON.stringify": typedHandler(peers.url),
    'bytes copied untouched': copyHandler(peers.url),
    'stream function, frames': routeHandler(peers.url, '*/*'),
    'stream function, server-sent events': routeHandler(peers.url, 'text/event-stream'),
    "Messages, Bedrock's own door": doorHandler(peers.url, 'AnthropicMessages', 'anthropic.claude-bench.'),
    'Messages, translated from Converse': doorHandler(peers.url, 'AnthropicMessages'),
    'chat completions, translated from Converse': doorHandler(peers.url, 'OpenAIChatCompletions'),
    'Responses, translated from Converse': doorHandler(peers.url, 'OpenAIResponses'),
  }
  const tables: Table[] = []
  try {
    for (const pace of ['bulk', 'single'] as const) {
      const measured = await measureInTurns(handlers, (handler) => cpuPerEvent(run, handler, pace))
      const how = pace === 'bulk' ? 'many at a time' : 'one at a time'
      tables.push(makeTable(`Stream of ${EVENTS} events, ${how}: CPU per event`, 'us', measured))
    }
    const first = await measureInTurns(handlers, (handler) => firstEventMs(run, handler))
    tables.push(makeTable('Stream: time to the first event, warm', 'ms', first))
  } finally {
    agent.destroy()
    await peers.stop()
  }
  return tables
}

async function measureInTurns(
  handlers: Readonly<Record<string, Handler>>,
  measure: (handler: Handler) => Promise<number>,
): Promise<Record<string, number[]>> {
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(handlers).map((name) => [name, []]))
  // The first two rounds are for the compiler.
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [name, handler] of Object.entries(handlers)) {
      const value = await measure(handler)
      if (round >= 0) measured[name]?.push(value)
    }
  }
  return measured
}
