import { APIError as AnthropicError } from '@anthropic-ai/sdk'
import {
  type BedrockEmulator,
  createBedrockEmulator,
  formatSummary,
  type RequestSummary,
} from '@bedrock-functions/bedrock-emulator'
import { APIError as OpenaiError } from 'openai'
import {
  CHAT,
  createAnthropic,
  createOpenai,
  GPT,
  GPT_OSS,
  MESSAGES,
  postDoor,
  RESPONSES,
  streamDoor,
} from './door-support.ts'
import { CLAUDE } from './support.ts'

let emulator: BedrockEmulator
let url: string
const summaries: RequestSummary[] = []

beforeAll(async () => {
  emulator = createBedrockEmulator({ onRequest: (summary) => summaries.push(summary) })
  url = `http://127.0.0.1:${await emulator.listen(0)}`
})
beforeEach(() => {
  summaries.length = 0
})
afterEach(() => emulator.clearFaults())
afterAll(() => emulator.close())

/** A door with the error object that a failure has. */
interface Door {
  readonly name: string
  readonly path: string
  readonly operation: string
  readonly model: string
  body(prompt: string): object
  /** Name and data of the event of a failure after the first byte. */
  error(type: string, message: unknown): { readonly name: string; readonly data: unknown }
}

const messages: Door = {
  name: 'Anthropic Messages',
  path: MESSAGES,
  operation: 'AnthropicMessages',
  model: CLAUDE,
  body: (content) => ({ model: CLAUDE, max_tokens: 100, messages: [{ role: 'user', content }] }),
  error: (type, message) => ({ name: 'error', data: { type: 'error', error: { type, message } } }),
}

const chat: Door = {
  name: 'chat completions',
  path: CHAT,
  operation: 'OpenAIChatCompletions',
  model: GPT_OSS,
  body: (content) => ({ model: GPT_OSS, messages: [{ role: 'user', content }] }),
  error: (type, message) => ({
    name: '',
    data: { error: { message, type, param: null, code: type === 'rate_limit_error' ? 'rate_limit_exceeded' : null } },
  }),
}

const responses: Door = {
  name: 'Responses',
  path: RESPONSES,
  operation: 'OpenAIResponses',
  model: GPT,
  body: (input) => ({ model: GPT, input }),
  error: (_type, message) => ({
    name: 'error',
    data: { type: 'error', sequence_number: 2, code: 'rate_limit_exceeded', message, param: null },
  }),
}

const doors = [messages, chat, responses]

describe.each(doors)('a directive on $name', (door) => {
  test('throttles the first calls', async () => {
    const asked = door.body(`[emulator:throttle=2] ${door.name}`)
    const statuses = []
    for (const _ of [1, 2, 3]) statuses.push((await postDoor(url, door.path, asked)).status)

    expect(statuses).toEqual([429, 429, 200])
  })

  test('delays the answer and each token', async () => {
    const reply = await postDoor(url, door.path, door.body('[emulator:stall=20][emulator:say=a b][emulator:rate=100]'))

    expect(reply.status).toBe(200)
    expect(summaries[0]?.durationMs).toBeGreaterThanOrEqual(40)
  })

  test('is for some models only', async () => {
    const statuses = []
    for (const text of ['titan', door.model.slice(0, 12)]) {
      const asked = door.body(`[emulator:error=ThrottlingException][emulator:for=${text}]`)
      statuses.push((await postDoor(url, door.path, asked)).status)
    }

    expect(statuses).toEqual([200, 429])
  })

  test('ends a stream by the error of the contract, and no end', async () => {
    const asked = door.body('[emulator:say=a b][emulator:exception=throttlingException@2]')
    const { status, events, ending } = await streamDoor(url, door.path, asked)

    expect(status).toBe(200)
    expect(events).toHaveLength(3)
    expect(events.at(-1)).toEqual(door.error('rate_limit_error', 'Too many requests, please wait before trying again.'))
    expect(ending).toBe('clean')
    expect(summaries[0]).toMatchObject({ ending: 'exception', errorType: 'ThrottlingException', events: 2 })
  })

  test('cuts a stream, breaks its connection, and makes it silent', async () => {
    const cut = await streamDoor(url, door.path, door.body('[emulator:say=a b][emulator:end@2]'))
    const reset = await streamDoor(url, door.path, door.body('[emulator:say=a b][emulator:reset@2]'))
    const silent = await streamDoor(url, door.path, door.body('[emulator:say=a b][emulator:silence=20@2]'))

    expect([cut.events.length, cut.ending]).toEqual([2, 'clean'])
    expect([reset.events.length, reset.ending]).toEqual([2, 'reset'])
    expect(silent.events.length).toBeGreaterThan(4)
    expect(summaries[2]?.durationMs).toBeGreaterThanOrEqual(20)
  })

  test('for a checksum is refused, because the events have none', async () => {
    const { status, text } = await streamDoor(url, door.path, door.body('[emulator:badcrc@1]'))

    expect(status).toBe(400)
    expect(text).toContain('server-sent events have no checksum')
  })

  test('for streams is refused without a stream', async () => {
    const reply = await postDoor(url, door.path, door.body('[emulator:end@1]'))

    expect(reply.status).toBe(400)
    expect(reply.body.error.message).toContain('is for streams')
  })

  test('of a fault works by operation and model', async () => {
    emulator.setFault({
      operation: door.operation,
      model: door.model,
      directives: { error: 'ServiceUnavailableException' },
    })
    const first = await postDoor(url, door.path, door.body('Hello'))
    const second = await postDoor(url, door.path, door.body('Hello'))

    expect(first.status).toBeGreaterThanOrEqual(503)
    expect(second.status).toBe(200)
    expect(() => emulator.setFault({ operation: door.operation, directives: { badcrc: '@1' } })).toThrow('no effect')
  })
})

test.each(doors)('the log of $name names the operation, the model and the tokens', async (door) => {
  await postDoor(url, door.path, door.body('Hello'))
  await streamDoor(url, door.path, door.body('[emulator:say=a]'))
  await postDoor(url, door.path, { ...door.body('Hello'), messages: 5 })
  await postDoor(url, door.path, 'no JSON')

  const lines = summaries.map((summary) =>
    formatSummary(summary)
      .replace(/\d+ ms/, 'N ms')
      .replace(/\d+ events/, 'N events'),
  )
  expect(lines).toEqual([
    `200 ${door.operation} ${door.model} N ms, 4 + 9 tokens`,
    `200 ${door.operation} ${door.model} N ms, 3 + 1 tokens, N events`,
    `400 ${door.operation} ${door.model} N ms, ValidationException`,
    `400 ${door.operation} N ms, ValidationException`,
  ])
})

test.each<[string, number, string, number, string]>([
  ['ThrottlingException', 429, 'rate_limit_error', 429, 'rate_limit_error'],
  ['ServiceUnavailableException', 529, 'overloaded_error', 503, 'server_error'],
  ['InternalServerException', 500, 'api_error', 500, 'server_error'],
  ['ModelErrorException', 500, 'api_error', 500, 'server_error'],
  ['ModelTimeoutException', 504, 'timeout_error', 408, 'server_error'],
  ['ModelNotReadyException', 529, 'overloaded_error', 503, 'server_error'],
  ['AccessDeniedException', 403, 'permission_error', 403, 'permission_error'],
  ['ResourceNotFoundException', 404, 'not_found_error', 404, 'invalid_request_error'],
  ['ValidationException', 400, 'invalid_request_error', 400, 'invalid_request_error'],
])(
  '%s has its status and type on each door, and the stock clients see them',
  async (type, anthropicStatus, anthropicType, openaiStatus, openaiType) => {
    const content = `[emulator:error=${type}]`
    const asked = [{ role: 'user' as const, content }]
    const claude = createAnthropic(url).messages.create({ model: CLAUDE, max_tokens: 5, messages: asked })
    const gpt = createOpenai(url).chat.completions.create({ model: GPT_OSS, messages: asked })

    await expect(claude).rejects.toMatchObject({
      status: anthropicStatus,
      error: { type: 'error', error: { type: anthropicType, message: expect.any(String) } },
      requestID: expect.any(String),
    })
    await expect(gpt).rejects.toMatchObject({ status: openaiStatus, type: openaiType, requestID: expect.any(String) })
  },
)

describe('the stock clients', () => {
  test('see a failure inside a stream', async () => {
    const content = '[emulator:say=a b c][emulator:exception=modelStreamErrorException@3]'
    const asked = [{ role: 'user' as const, content }]
    const claude = createAnthropic(url).messages.stream({ model: CLAUDE, max_tokens: 5, messages: asked })
    const gpt = createOpenai(url).chat.completions.stream({ model: GPT_OSS, messages: asked })

    await expect(claude.finalMessage()).rejects.toThrow(AnthropicError)
    await expect(gpt.finalChatCompletion()).rejects.toThrow(OpenaiError)
  })

  test('see a body that is too large as 413', async () => {
    const content = 'a'.repeat(25_000_001)
    const claude = createAnthropic(url).messages.create({
      model: CLAUDE,
      max_tokens: 5,
      messages: [{ role: 'user', content }],
    })
    const gpt = createOpenai(url).chat.completions.create({ model: GPT_OSS, messages: [{ role: 'user', content }] })

    await expect(claude).rejects.toMatchObject({ status: 413, error: { error: { type: 'request_too_large' } } })
    await expect(gpt).rejects.toMatchObject({ status: 413, type: 'invalid_request_error' })
  })
})
