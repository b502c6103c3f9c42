import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeChunks, type ReceivedEvent, readStream } from './read-stream.ts'
import { CLAUDE, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

let upstream: Server
let emulator: RunningEmulator
let received: ReturnType<typeof JSON.parse>
let answer: (response: ServerResponse, request: IncomingMessage) => void

beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    received = JSON.parse((await request.toArray()).join(''))
    answer(response, request)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  emulator = await startEmulator({
    environment: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'tiny' },
  })
})

afterAll(async () => {
  await emulator.close()
  upstream.closeAllConnections()
  upstream.close()
})

const PATH = `/model/${CLAUDE}/converse-stream`
const hello = { messages: [userMessage('Hello')] }

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const chunk = (delta: object, finishReason: string | null = null): string =>
  event({ choices: [{ index: 0, delta, finish_reason: finishReason }] })

function open(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
}

function reply(...pieces: (string | Buffer)[]): void {
  answer = (response) => {
    open(response)
    for (const piece of pieces) response.write(piece)
    response.end()
  }
}

const deltas = (events: readonly ReceivedEvent[]) =>
  events.filter(({ name }) => name === 'contentBlockDelta').map(({ payload }) => payload.delta)

test("the stream has the server's pieces and usage", async () => {
  reply(
    ': comment\n\n',
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'From ' }),
    chunk({ content: 'afar' }, 'stop'),
    event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } }),
    event('[DONE]'),
  )

  const { events, ending } = await readStream(emulator.url, PATH, hello)

  expect(received).toMatchObject({ model: 'tiny', stream: true, stream_options: { include_usage: true } })
  expect(ending).toBe('clean')
  expect(deltas(events)).toEqual([{ text: 'From ' }, { text: 'afar' }])
  expect(events.at(-2)?.payload.stopReason).toBe('end_turn')
  expect(events.at(-1)?.payload.usage).toMatchObject({ inputTokens: 9, outputTokens: 4 })
})

test('a piece is sent before the next one is made', async () => {
  let finish: () => void = () => undefined
  answer = (response) => {
    open(response).write(chunk({ content: 'first' }))
    finish = () => response.end(`${chunk({ content: ' last' }, 'stop')}${event('[DONE]')}`)
  }

  const response = await fetch(`${emulator.url}${PATH}`, { method: 'POST', body: JSON.stringify(hello) })
  const reader = response.body?.pipeThrough(new TextDecoderStream('latin1')).getReader()
  let text = ''
  while (!text.includes('"first"')) text += (await reader?.read())?.value ?? ''
  finish()
  while (!text.includes('metadata')) text += (await reader?.read())?.value ?? ''

  expect(text).toContain('" last"')
})

test('reasoning, text and tools become consecutive blocks', async () => {
  const call = (index: number, value: object) => chunk({ tool_calls: [{ index, ...value }] })
  reply(
    chunk({ reasoning_content: 'Hm' }),
    chunk({ content: 'I call' }),
    call(0, { id: 'a', function: { name: 'one', arguments: '' } }),
    call(0, { function: { arguments: '{"x":' } }),
    call(0, { function: { arguments: '1}' } }),
    call(1, { id: 'b', function: { name: 'two', arguments: '{}' } }),
    chunk({}, 'tool_calls'),
    event('[DONE]'),
  )
  const body = {
    messages: [userMessage('Hello')],
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    inferenceConfig: { maxTokens: 2000 },
  }

  const { events } = await readStream(emulator.url, PATH, body)

  expect(events.map(({ name }) => name).filter((name) => name !== 'contentBlockDelta')).toEqual([
    'messageStart',
    'contentBlockStop',
    'contentBlockStop',
    'contentBlockStart',
    'contentBlockStop',
    'contentBlockStart',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ])
  expect(deltas(events)).toEqual([
    { reasoningContent: { text: 'Hm' } },
    { reasoningContent: { signature: expect.any(String) } },
    { text: 'I call' },
    { toolUse: { input: '' } },
    { toolUse: { input: '{"x":' } },
    { toolUse: { input: '1}' } },
    { toolUse: { input: '' } },
    { toolUse: { input: '{}' } },
  ])
})

test('bytes may be split anywhere, and lines may end in any way', async () => {
  const bytes = Buffer.from(
    [chunk({ content: '山は' }), chunk({ content: '高い' }, 'length'), event('[DONE]')]
      .join('')
      .replaceAll('\n', '\r\n'),
  )
  reply(...[...bytes].map((byte) => Buffer.from([byte])))

  const { events } = await readStream(emulator.url, `/model/${CLAUDE}/invoke-with-response-stream`, {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'Hello' }],
  })

  const chunks = decodeChunks(events)
  expect(chunks.map(({ delta }) => delta?.text ?? '').join('')).toBe('山は高い')
  expect(chunks.at(-2).delta.stop_reason).toBe('max_tokens')
})

describe('a failure in the stream', () => {
  test.each<[string, () => void]>([
    ['no finish reason', () => reply(chunk({ content: 'a' }), event('[DONE]'))],
    ['an end', () => reply(chunk({ content: 'a' }))],
    ['no JSON', () => reply(chunk({ content: 'a' }), event('oops'))],
    ['an error', () => reply(chunk({ content: 'a' }), event({ error: { message: 'out of memory' } }))],
    [
      'a broken connection',
      () => {
        answer = (response) => {
          open(response).write(chunk({ content: 'a' }), () => response.destroy())
        }
      },
    ],
  ])('is a modelStreamErrorException: %s', async (_name, arrange) => {
    arrange()

    const { events, ending } = await readStream(emulator.url, PATH, hello)

    expect(ending).toBe('clean')
    expect(deltas(events)).toEqual([{ text: 'a' }])
    expect(events.at(-1)).toEqual({
      kind: 'exception',
      name: 'modelStreamErrorException',
      payload: { message: expect.any(String), originalStatusCode: 500, originalMessage: expect.any(String) },
    })
  })
})

test.each([
  [429, 429],
  [500, 424],
  [200, 424],
])('status %i of the server before the first byte becomes %i', async (status, expected) => {
  answer = (response) => response.writeHead(status, { 'content-type': 'application/json' }).end('{}')

  expect((await post(emulator.url, PATH, hello)).status).toBe(expected)
})

test('a client that disconnects ends the call to the server', async () => {
  const gone = new Promise<void>((resolve) => {
    answer = (response) => {
      response.once('close', resolve)
      open(response).write(chunk({ content: 'a' }))
    }
  })
  const abort = new AbortController()
  const call = await fetch(`${emulator.url}${PATH}`, {
    method: 'POST',
    body: JSON.stringify(hello),
    signal: abort.signal,
  })
  await call.body?.getReader().read()

  abort.abort()

  await gone
})

test('an end requested by a directive ends the call to the server', async () => {
  const gone = new Promise<void>((resolve) => {
    answer = (response) => {
      response.once('close', resolve)
      open(response).write(chunk({ content: 'a' }))
    }
  })

  const { events } = await readStream(emulator.url, PATH, { messages: [userMessage('Hello [emulator:end@0]')] })

  expect(events).toEqual([])
  await gone
})
