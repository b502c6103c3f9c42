import { PassThrough } from 'node:stream'
import type { RestReply, StreamReply } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import type { Context } from 'aws-lambda'

/** Members of Lambda's response stream in addition to a Writable's, and its wrapper, which records the prelude. */
const preludes: unknown[] = []
Object.assign(globalThis, {
  awslambda: {
    HttpResponseStream: {
      from(stream: PassThrough, metadata: unknown) {
        preludes.push(metadata)
        return stream
      },
    },
  },
})

type Line = Record<string, unknown>
type Served = {
  prelude: { statusCode: number; headers: Record<string, string> } | undefined
  body: string
  log: Line
  metrics: Line
}

type HttpRoute = Route<RestReply | StreamReply>

/** Runs `serveHttp` like a starting function, which reads its environment when it loads. */
async function run(event: object, handle: HttpRoute['handle'], corsAllowOrigin?: string): Promise<Served> {
  process.env.POWERTOOLS_METRICS_NAMESPACE = 'Tests'
  const { serveHttp } = await import('@bedrock-functions/runtime/http')
  const route: HttpRoute = { operation: 'Converse', method: 'POST', path: '/model/{modelId}/converse', handle }
  const configuration = {
    requestTimeoutMs: 60_000,
    corsAllowOrigin,
    logErrorMessages: false,
    callerUnit: 'ROLE' as const,
  }
  const stream = Object.assign(new PassThrough(), { setContentType: () => {} })
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map((output) =>
    jest.spyOn(output, 'write').mockImplementation((chunk) => written.push(chunk.toString()) > 0),
  )
  preludes.length = 0
  try {
    const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 300_000 } as Context
    const handler = serveHttp({ routes: [route], configuration, eventFunction: 'EventFunction' })
    await handler(event, stream as unknown as awslambda.HttpResponseStream, context)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  const lines: Line[] = written
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return {
    prelude: preludes[0] as Served['prelude'],
    body: (stream.read() ?? '').toString(),
    log: lines.find((line) => 'message' in line) ?? {},
    metrics: lines.find((line) => '_aws' in line) ?? {},
  }
}

const httpEvent = {
  resource: '/model/{modelId}/converse',
  path: '/model/x/converse',
  httpMethod: 'POST',
  headers: {},
  requestContext: { requestId: 'gateway-1' },
  body: '{}',
}
const urlEvent = {
  rawPath: '/model/x/converse',
  headers: {},
  requestContext: { requestId: 'url-1', http: { method: 'POST' } },
  body: '{}',
}
const reply = { statusCode: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"ok":true}') }

test('facts of a route are recorded and do not change the answer', async () => {
  const served = await run(httpEvent, async ({ facts }) => {
    Object.assign(facts, { modelId: 'x', attempts: 2, inputTokens: 7 })
    return reply
  })
  expect(served).toMatchObject({
    prelude: { statusCode: 200, headers: { 'content-type': 'application/json' } },
    body: '{"ok":true}',
    log: { message: 'Converse answered', modelId: 'x', attempts: 2, gatewayRequestId: 'gateway-1' },
    metrics: { model: 'x', InputTokens: 7 },
  })
})

test('facts before a failure are recorded, and the fault is not shown to the caller', async () => {
  const served = await run(httpEvent, async ({ facts }) => {
    facts.modelId = 'x'
    throw new TypeError('the prompt itself')
  })
  expect(served.prelude).toMatchObject({ statusCode: 500, headers: { 'x-amzn-errortype': 'InternalServerException' } })
  expect(served.log).toMatchObject({ modelId: 'x', errorType: 'InternalServerException', causeName: 'TypeError' })
  expect(JSON.stringify(served)).not.toContain('the prompt itself')
})

test.each([
  ['complete', { BrokenStreams: 0 }],
  ['ModelTimeoutException', { BrokenStreams: 1 }],
])('a stream that ended as %s is recorded as such, with its times and speed', async (ended, counts) => {
  const stream: StreamReply = {
    statusCode: 200,
    headers: { 'content-type': 'text/event-stream' },
    async forward(sink, remainingMs) {
      expect(remainingMs).toBe(299_500)
      sink.write('data')
      sink.end()
      return { ended, events: 5, begunAfterMs: 10, streamingMs: 1000, usage: { outputTokens: 50 } }
    },
  }
  const { log, metrics, body } = await run(httpEvent, async () => stream)
  expect(body).toBe('data')
  expect(log).toMatchObject({ ended, events: 5, outputTokens: 50, tokensPerSecond: 50 })
  expect(Number(log.firstTokenMs) - Number(log.firstEventMs)).toBe(10)
  expect(metrics).toMatchObject({
    ended,
    OutputTokens: 50,
    TokensPerSecond: 50,
    FirstEvent: log.firstEventMs,
    ...counts,
  })
})

test('CORS headers are added behind API Gateway only, since a function URL adds them itself', async () => {
  const origin = 'https://app.example.com'
  const behindApi = await run(httpEvent, async () => reply, origin)
  expect(behindApi.prelude?.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': expect.stringContaining('x-amzn-errortype'),
  })
  const behindUrl = await run(urlEvent, async () => reply, origin)
  expect(behindUrl.prelude?.headers).not.toHaveProperty('access-control-allow-origin')
})

test('clients are told not to retry a timeout for any origin', async () => {
  const { BedrockError } = await import('@bedrock-functions/runtime/core')
  const served = await run(httpEvent, () => Promise.reject(new BedrockError('ModelTimeoutException', 'slow')))
  expect(served.prelude).toMatchObject({ statusCode: 408, headers: { 'x-should-retry': 'false' } })
})
