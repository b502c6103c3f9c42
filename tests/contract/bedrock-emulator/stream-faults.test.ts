import {
  type BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import type { RequestSummary } from '@bedrock-functions/bedrock-emulator'
import { type Protocol, type ReceivedStream, readStream } from './read-stream.ts'
import {
  CLAUDE,
  createAnthropicClient,
  createClient,
  createHttp1Client,
  post,
  type RunningEmulator,
  startEmulator,
  userMessage,
} from './support.ts'

let emulator: RunningEmulator
let tellSummary: (summary: RequestSummary) => void = () => undefined

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: (summary) => tellSummary(summary) })
})

afterAll(() => emulator.close())

const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100 }

/** Ten tokens with both operations: 14 events of Converse, 15 of Claude's. */
const OPERATIONS = {
  ConverseStream: {
    path: `/model/${CLAUDE}/converse-stream`,
    wrap: (text: string) => ({ messages: [userMessage(`[emulator:tokens=10] ${text}`)] }),
    events: 14,
  },
  InvokeModelWithResponseStream: {
    path: `/model/${CLAUDE}/invoke-with-response-stream`,
    wrap: (text: string) => ({ ...claude, messages: [{ role: 'user', content: `[emulator:tokens=10] ${text}` }] }),
    events: 15,
  },
} as const

const CASES = (Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]).flatMap((operation) =>
  (['HTTP/1.1', 'HTTP/2'] as const).flatMap((protocol) =>
    [0, 1, 7].map((position) => ({ operation, protocol, position })),
  ),
)

interface Faulted extends ReceivedStream {
  readonly summary: RequestSummary
}

async function fault(operation: keyof typeof OPERATIONS, directive: string, protocol: Protocol): Promise<Faulted> {
  const { path, wrap } = OPERATIONS[operation]
  const summarized = new Promise<RequestSummary>((resolve) => {
    tellSummary = resolve
  })
  const received = await readStream(emulator.url, path, wrap(`[emulator:${directive}]`), { protocol })
  expect(received.status).toBe(200)
  return { ...received, summary: await summarized }
}

describe.each(CASES)('$operation over $protocol, after $position events', ({ operation, protocol, position }) => {
  const { events: all } = OPERATIONS[operation]

  test('an exception is the last frame', async () => {
    const { events, ending, summary } = await fault(operation, `exception=ThrottlingException@${position}`, protocol)

    expect(ending).toBe('clean')
    expect(events).toHaveLength(position + 1)
    expect(events.at(-1)).toEqual({
      kind: 'exception',
      name: 'throttlingException',
      payload: { message: 'Too many requests, please wait before trying again.' },
    })
    expect(summary).toMatchObject({ ending: 'exception', errorType: 'ThrottlingException', events: position })
  })

  test('a reset breaks the connection', async () => {
    const { events, ending, summary } = await fault(operation, `reset@${position}`, protocol)

    expect(ending).toBe('reset')
    expect(events).toHaveLength(position)
    expect(summary).toMatchObject({ ending: 'reset', events: position, isAbandoned: false })
  })

  test('an end is clean and early', async () => {
    const { events, ending, summary } = await fault(operation, `end@${position}`, protocol)

    expect(ending).toBe('clean')
    expect(events).toHaveLength(position)
    expect(summary).toMatchObject({ ending: 'cut', events: position })
  })

  test('a silence delays the rest', async () => {
    const start = performance.now()

    const { events, ending, summary } = await fault(operation, `silence=30@${position}`, protocol)

    expect(performance.now() - start).toBeGreaterThanOrEqual(29)
    expect(ending).toBe('clean')
    expect(events).toHaveLength(all)
    expect(summary).toMatchObject({ ending: 'whole', events: all })
  })

  test('a bad checksum damages the next frame, and the stream continues', async () => {
    const { events, ending, bytes, summary } = await fault(operation, `badcrc@${position}`, protocol)
    const whole = await fault(operation, 'stall=0', protocol)

    expect(ending).toBe('bad frame')
    expect(events).toHaveLength(position)
    expect(bytes.length).toBeGreaterThan(whole.bytes.length / 2)
    expect(summary).toMatchObject({ ending: 'whole', events: all })
  })
})

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('a position after the last event, over %s', (protocol) => {
  const all = OPERATIONS.ConverseStream.events

  test.each([
    ['exception=modelStreamErrorException@999', 'clean', all + 1],
    ['reset@999', 'reset', all],
    ['end@999', 'clean', all],
    ['silence=1@999', 'clean', all],
    ['badcrc@999', 'clean', all],
  ])('is the end of the stream for %s', async (directive, ending, count) => {
    const received = await fault('ConverseStream', directive, protocol)

    expect(received.ending).toBe(ending)
    expect(received.events).toHaveLength(count)
  })
})

test('several faults apply in order of position', async () => {
  const { events, ending } = await fault('ConverseStream', 'silence=1@2] [emulator:reset@4', 'HTTP/1.1')

  expect(events).toHaveLength(4)
  expect(ending).toBe('reset')
})

test('the first event is sent before the silence after it ends', async () => {
  const client = createHttp1Client(emulator.url)
  const abort = new AbortController()

  const { stream } = await client.send(
    new ConverseStreamCommand({ modelId: CLAUDE, messages: [userMessage('Hi [emulator:silence=3600000@1]')] }),
    { abortSignal: abort.signal },
  )
  const first = await stream?.[Symbol.asyncIterator]().next()

  expect(first?.value).toMatchObject({ messageStart: { role: 'assistant' } })
  abort.abort()
  client.destroy()
})

const EXCEPTIONS = [
  'InternalServerException',
  'ModelStreamErrorException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'ValidationException',
]

describe.each<[string, (url: string) => BedrockRuntimeClient]>([
  ['HTTP/2', createClient],
  ['HTTP/1.1', createHttp1Client],
])('the SDK over %s', (_name, create) => {
  let client: BedrockRuntimeClient
  beforeAll(() => {
    client = create(emulator.url)
  })
  afterAll(() => client.destroy())

  test.each(EXCEPTIONS)('throws %s as its own class inside the stream', async (type) => {
    let seen = 0
    const read = async (): Promise<void> => {
      const text = `[emulator:exception=${type}@3]`
      const { stream = [] } = await client.send(
        new ConverseStreamCommand({ modelId: CLAUDE, messages: [userMessage(text)] }),
      )
      for await (const _event of stream) seen += 1
    }

    await expect(read()).rejects.toMatchObject({ name: type })
    expect(seen).toBe(3)
  })

  test('throws ModelStreamErrorException with its members, and ModelTimeoutException of InvokeModel', async () => {
    const read = async (type: string): Promise<void> => {
      const content = `[emulator:exception=${type}@2]`
      const body = JSON.stringify({ ...claude, messages: [{ role: 'user', content }] })
      const answer = await client.send(new InvokeModelWithResponseStreamCommand({ modelId: CLAUDE, body }))
      for await (const _event of answer.body ?? []);
    }

    await expect(read('modelStreamErrorException')).rejects.toMatchObject({
      name: 'ModelStreamErrorException',
      originalStatusCode: 500,
      originalMessage: expect.any(String),
    })
    await expect(read('ModelTimeoutException')).rejects.toMatchObject({ name: 'ModelTimeoutException' })
  })

  test('rejects the call itself when an exception is the first frame', async () => {
    const call = client.send(
      new ConverseStreamCommand({
        modelId: CLAUDE,
        messages: [userMessage('[emulator:exception=throttlingException@0]')],
      }),
    )

    await expect(call).rejects.toMatchObject({ name: 'ThrottlingException' })
  })
})

test('@anthropic-ai/bedrock-sdk throws an exception inside the stream', async () => {
  const read = async (): Promise<void> => {
    const stream = await createAnthropicClient(emulator.url).messages.create({
      model: CLAUDE,
      max_tokens: 100,
      stream: true,
      messages: [{ role: 'user', content: 'Hello [emulator:exception=ThrottlingException@4]' }],
    })
    for await (const _event of stream);
  }

  await expect(read()).rejects.toThrow(/Too many requests/)
})

describe('a unary operation', () => {
  test.each([
    ['exception=ThrottlingException@1', 'exception'],
    ['reset@0', 'reset'],
    ['end@3', 'end'],
    ['silence=5@1', 'silence'],
    ['badcrc@2', 'badcrc'],
    ['tokens=1000001', 'tokens'],
  ])('refuses the stream directive [emulator:%s]', async (directive, name) => {
    const text = `Hello [emulator:${directive}]`
    const calls: [string, unknown][] = [
      [`/model/${CLAUDE}/converse`, { messages: [userMessage(text)] }],
      [`/model/${CLAUDE}/invoke`, { ...claude, messages: [{ role: 'user', content: text }] }],
      ['/model/amazon.titan-embed-text-v2:0/invoke', { inputText: text }],
    ]
    for (const [path, body] of calls) {
      expect(await post(emulator.url, path, body)).toMatchObject({
        status: 400,
        body: { message: expect.stringMatching(new RegExp(`\\[emulator:${name}.*stream`)) },
      })
    }
  })
})

test.each([
  ['exception=Nonsense@1', 'exception'],
  ['exception=ThrottlingException', 'exception'],
  ['exception=AccessDeniedException@1', 'exception'],
  ['reset', 'reset'],
  ['reset@', 'reset'],
  ['reset@-1', 'reset'],
  ['reset=5@1', 'reset'],
  ['end@x', 'end'],
  ['silence=5', 'silence'],
  ['silence=@5', 'silence'],
  ['silence=-1@5', 'silence'],
  ['badcrc@1.5', 'badcrc'],
])('the refusal of [emulator:%s] names the directive', async (directive, name) => {
  const { path, wrap } = OPERATIONS.ConverseStream

  expect(await post(emulator.url, path, wrap(`[emulator:${directive}]`))).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining(`[emulator:${name}`) },
  })
})
