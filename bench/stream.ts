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

const PORT = 39_722
const ENDPOINT = `http://127.0.0.1:${PORT}`
const EVENTS = 4000
const ROUNDS = 9
const FIRST_EVENT_CALLS = 200

const agent = new Agent({ keepAlive: true })
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]

/** One stream from Bedrock's socket to the response stream; `onFirst` is called before the first write. */
type Handler = (modelId: string, sink: ClientRequest, onFirst: () => void) => Promise<void>

/** The bytes untouched: the least that any function can do. */
const copy: Handler = async (modelId, sink, onFirst) => {
  const call = httpRequest(`${ENDPOINT}/model/${modelId}/converse-stream`, { method: 'POST', agent })
  call.end(JSON.stringify({ messages }))
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  for await (const chunk of response) {
    onFirst()
    if (!sink.write(chunk)) await once(sink, 'drain')
  }
  sink.end()
}

function typedHandler(): Handler {
  const client = new BedrockRuntimeClient({ ...clientConfiguration, requestHandler: new NodeHttpHandler() })
  return async (modelId, sink, onFirst) => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }))
    for await (const event of stream ?? []) {
      onFirst()
      if (!sink.write(`data: ${JSON.stringify(event)}\n\n`)) await once(sink, 'drain')
    }
    sink.end()
  }
}

const clientConfiguration = {
  endpoint: ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

/** The stream function's route, as `serve` calls it. */
function routeHandler(accept: string): Handler {
  const configuration = readConfiguration({})
  const bedrock = createBedrock(configuration, clientConfiguration)
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

async function run(handler: Handler, modelId: string, onFirst = () => {}): Promise<void> {
  const sink = httpRequest(`${ENDPOINT}/sink`, { method: 'POST', agent })
  const answered = once(sink, 'response') as Promise<[IncomingMessage]>
  await handler(modelId, sink, onFirst)
  const [response] = await answered
  response.resume()
  await once(response, 'end')
}

async function cpuPerEvent(handler: Handler, pace: 'bulk' | 'single'): Promise<number> {
  const started = process.cpuUsage()
  await run(handler, `${pace}.${EVENTS}`)
  const { user, system } = process.cpuUsage(started)
  return (user + system) / EVENTS
}

async function firstEvent(handler: Handler): Promise<number> {
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

/** Issue 3's figures: at the handler, Bedrock's socket in and the response stream out, no local stack between. */
export async function benchStreams(): Promise<Table[]> {
  const peers = await startProcess('stream-peers.ts', String(PORT))
  const handlers: Record<string, Handler> = {
    "SDK's typed stream, JSON.stringify": typedHandler(),
    'bytes copied untouched': copy,
    'stream function, frames': routeHandler('*/*'),
    'stream function, server-sent events': routeHandler('text/event-stream'),
  }
  const tables: Table[] = []
  try {
    for (const pace of ['bulk', 'single'] as const) {
      const measured = await measureInTurns(handlers, (handler) => cpuPerEvent(handler, pace))
      const how = pace === 'bulk' ? 'many at a time' : 'one at a time'
      tables.push(makeTable(`Stream of ${EVENTS} events, ${how}: CPU per event`, 'us', measured))
    }
    const first = await measureInTurns(handlers, firstEvent)
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
  // The first two rounds let the compiler do its work.
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [name, handler] of Object.entries(handlers)) {
      const value = await measure(handler)
      if (round >= 0) measured[name]?.push(value)
    }
  }
  return measured
}
