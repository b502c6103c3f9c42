import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import {
  type BedrockRuntimeClient,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelWithResponseStreamCommand,
  type ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime'
import { FrameReader, readEventHead } from '@bedrock-functions/runtime/event-stream'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import {
  ANTHROPIC_TOOLS,
  CLAUDE,
  CONVERSE_TOOLS,
  createAnthropicClient,
  createAwsClient,
  HANDLERS,
} from '../support/stock-clients.ts'

const CLAUDE_PATH = `/model/${encodeURIComponent(CLAUDE)}`

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack({
    arguments: [
      '--parameter-overrides',
      'StreamSilenceLimitSeconds=1',
      'FunctionUrlSilenceLimitSeconds=2',
      'CorsAllowOrigin=https://app.example.com',
    ],
  })
}, 60_000)
afterAll(() => stack.stop())

const servers = [
  ['the API', 'api'],
  ['the function URL', 'functionUrl'],
] as const

const SILENCE_LIMIT_MS = { api: 1000, functionUrl: 2000 }

async function collect(stream: AsyncIterable<ConverseStreamOutput> | undefined): Promise<ConverseStreamOutput[]> {
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

const SSE = 'text/event-stream; charset=utf-8'

/** Faults, their error in the stream, and their status before it. */
const FAULTS = [
  ['exception=ThrottlingException', 'throttlingException', 429],
  ['reset', 'modelStreamErrorException', 503],
  ['end', 'modelStreamErrorException', 424],
  ['silence=60000', 'modelTimeoutException', 408],
  ['badcrc', 'modelStreamErrorException', 424],
] as const

interface ReadEvent {
  readonly name: string
  readonly error: boolean
  readonly message?: string
}

async function readServerSentEvents(response: Response): Promise<ReadEvent[]> {
  const events = (await response.text()).split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
  return events.map((event) => {
    const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? []
    const { type, message } = JSON.parse(data)
    return name === 'error' ? { name: type, error: true, message } : { name, error: false }
  })
}

async function readFrames(response: Response): Promise<ReadEvent[]> {
  const reader = new FrameReader()
  const frames = reader.push(Buffer.from(await response.arrayBuffer()))
  expect(reader.incompleteBytes).toBe(0)
  return frames.map(({ headers, payload }) => {
    const { kind, name } = readEventHead(headers)
    return kind === 'event'
      ? { name, error: false }
      : { name, error: true, message: JSON.parse(payload.toString()).message }
  })
}

describe.each(servers)('through %s', (_, server) => {
  describe.each(HANDLERS)('@aws-sdk/client-bedrock-runtime over %s', (_name, handler) => {
    let client: BedrockRuntimeClient
    beforeAll(() => {
      client = createAwsClient(stack[server], handler)
    })
    afterAll(() => client.destroy())

    const converse = (text: string, toolConfig?: ToolConfiguration) =>
      client.send(
        new ConverseStreamCommand({
          modelId: CLAUDE,
          messages: [{ role: 'user', content: [{ text }] }],
          ...(toolConfig && { toolConfig }),
        }),
      )

    test('ConverseStream streams text to its end, with the usage last', async () => {
      const { stream } = await converse('日本で一番高い山は?')
      const events = await collect(stream)
      const text = events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')
      expect(text).toContain('富士山')
      expect(events[0]).toHaveProperty('messageStart.role', 'assistant')
      expect(events.at(-2)).toHaveProperty('messageStop.stopReason', 'end_turn')
      expect(events.at(-1)?.metadata?.usage?.outputTokens).toBeGreaterThan(0)
    })

    test('ConverseStream streams a tool use as partial JSON', async () => {
      const events = await collect((await converse('Use get_weather for Osaka', CONVERSE_TOOLS)).stream)
      const start = events.find((event) => event.contentBlockStart)?.contentBlockStart
      expect(start?.start?.toolUse?.name).toBe('get_weather')
      const input = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join('')
      expect(JSON.parse(input)).toHaveProperty('city')
    })

    test('InvokeModelWithResponseStream streams native events', async () => {
      const { body, contentType } = await client.send(
        new InvokeModelWithResponseStreamCommand({
          modelId: CLAUDE,
          contentType: 'application/json',
          body: JSON.stringify({
            anthropic_version: 'bedrock-2023-05-31',
            max_tokens: 50,
            messages: [{ role: 'user', content: 'Hello' }],
          }),
        }),
      )
      const types: string[] = []
      for await (const { chunk } of body ?? []) types.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()).type)
      expect(types[0]).toBe('message_start')
      expect(types.at(-1)).toBe('message_stop')
      expect(contentType).toBe('application/json')
    })

    test('a failure before the first event is an error with its status', async () => {
      const refused = await converse('Hi [emulator:error=ValidationException]').catch((error: unknown) => error)
      expect(refused).toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } })
      await expect(converse('Hi [emulator:exception=ValidationException@0]')).rejects.toMatchObject({
        name: 'ValidationException',
        $metadata: { httpStatusCode: 400 },
      })
      await expect(converse(`Hi ${Math.random()} [emulator:throttle=99]`)).rejects.toMatchObject({
        name: 'ThrottlingException',
        $metadata: { httpStatusCode: 429 },
      })
    })

    test.each(['throttlingException', 'modelStreamErrorException', 'serviceUnavailableException'])(
      'a %s inside the stream is its own exception',
      async (type) => {
        const { stream } = await converse(`Hi [emulator:exception=${type}@2]`)
        const events: ConverseStreamOutput[] = []
        const reading = async () => {
          for await (const event of stream ?? []) events.push(event)
        }
        await expect(reading()).rejects.toMatchObject({ name: type.charAt(0).toUpperCase() + type.slice(1) })
        expect(events).toHaveLength(2)
      },
    )

    test('a stream that Bedrock truncates is an exception and not an end', async () => {
      const { stream } = await converse('Hi [emulator:end@3]')
      await expect(collect(stream)).rejects.toMatchObject({ name: 'ModelStreamErrorException' })
    })
  })

  test('@anthropic-ai/bedrock-sdk streams text and tool use', async () => {
    const client = createAnthropicClient(stack[server])
    const message = await client.messages
      .stream({ model: CLAUDE, max_tokens: 100, messages: [{ role: 'user', content: '日本で一番高い山は?' }] })
      .finalMessage()
    expect(message.content).toEqual([
      expect.objectContaining({ type: 'text', text: expect.stringContaining('富士山') }),
    ])
    const used = await client.messages
      .stream({
        model: CLAUDE,
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Use get_weather for Osaka' }],
        tools: ANTHROPIC_TOOLS,
      })
      .finalMessage()
    expect(used.stop_reason).toBe('tool_use')
    expect(used.content).toContainEqual(
      expect.objectContaining({ type: 'tool_use', input: { city: expect.any(String) } }),
    )
  })

  describe.each([
    ['converse-stream', (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] })],
    [
      'invoke-with-response-stream',
      (text: string) => ({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 200,
        messages: [{ role: 'user', content: text }],
      }),
    ],
  ])('%s', (operation, bodyOf) => {
    const call = (text: string, accept: string) =>
      fetch(`${stack[server]}${CLAUDE_PATH}/${operation}`, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(text)),
      })

    describe.each([
      ['server-sent events', 'text/event-stream', SSE, readServerSentEvents],
      ['frames', 'application/json', 'application/vnd.amazon.eventstream', readFrames],
    ] as const)('as %s', (_format, accept, contentType, readEvents) => {
      test("ends with the model's last event", async () => {
        const response = await call('Hello', accept)
        expect(response.headers.get('content-type')).toBe(contentType)
        const events = await readEvents(response)
        expect(events.at(-1)?.name).toBe(operation === 'converse-stream' ? 'metadata' : 'chunk')
        expect(events.filter(({ error }) => error)).toEqual([])
      })

      test.each(FAULTS.flatMap(([fault, type]) => [1, 4].map((after) => [fault, after, type] as const)))(
        '%s after %i events ends as %s',
        async (fault, after, type) => {
          const response = await call(`Hello ${Math.random()} [emulator:${fault}@${after}]`, accept)
          expect(response.status).toBe(200)
          const events = await readEvents(response)
          expect(events).toHaveLength(after + 1)
          // Frames of ConverseStream have no exception for a timeout. The message names it.
          const unlisted = type === 'modelTimeoutException' && contentType !== SSE && operation === 'converse-stream'
          expect(events.at(-1)).toEqual({
            name: unlisted ? 'modelStreamErrorException' : type,
            error: true,
            message:
              type === 'modelTimeoutException'
                ? expect.stringContaining(`silent for ${SILENCE_LIMIT_MS[server]} ms`)
                : expect.any(String),
          })
        },
      )

      test.each(FAULTS)('%s before the first event is an error with its status', async (fault, _type, status) => {
        const response = await call(`Hello ${Math.random()} [emulator:${fault}@0]`, accept)
        expect(response.status).toBe(status)
        expect(response.headers.get('x-amzn-errortype')).toMatch(/Exception$/)
        expect(await response.json()).toHaveProperty('message')
      })
    })
  })

  test('events arrive while the stream continues', async () => {
    const call = httpRequest(`${stack[server]}${CLAUDE_PATH}/converse-stream`, {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
    })
    call.end(
      JSON.stringify({
        messages: [{ role: 'user', content: [{ text: '[emulator:tokens=1000] [emulator:rate=10]' }] }],
      }),
    )
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    // The last token is due after 100 s, long after the end of the test. A buffered answer would arrive only then.
    let text = ''
    for await (const chunk of response) {
      text += chunk
      if (text.split('contentBlockDelta').length > 3) break
    }
    expect(text).not.toContain('messageStop')
  })

  test('a client that disconnects costs no worker', async () => {
    for (let index = 0; index < 3; index += 1) {
      const call = httpRequest(`${stack[server]}${CLAUDE_PATH}/converse-stream`, { method: 'POST' })
      call.on('error', () => {})
      call.end(
        JSON.stringify({
          messages: [{ role: 'user', content: [{ text: '[emulator:tokens=50] [emulator:rate=25]' }] }],
        }),
      )
      const [response] = (await once(call, 'response')) as [IncomingMessage]
      await once(response, 'data')
      response.destroy()
    }
    const response = await fetch(`${stack[server]}${CLAUDE_PATH}/converse-stream`, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
    })
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100)
  })

  test('a page of the allowed origin may call and read, also errors', async () => {
    const origin = 'https://app.example.com'
    const url = `${stack[server]}${CLAUDE_PATH}/converse-stream`
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,accept',
      },
    })
    expect([200, 204]).toContain(preflight.status)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type')
    for (const body of ['{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}', '{']) {
      const answer = await fetch(url, { method: 'POST', headers: { origin }, body })
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      await answer.arrayBuffer()
    }
  })
})
