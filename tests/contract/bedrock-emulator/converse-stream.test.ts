import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { decodeEvents, type Protocol, readStream } from './read-stream.ts'
import {
  CLAUDE,
  createClient,
  createHttp1Client,
  NOVA,
  PROFILE,
  post,
  type RunningEmulator,
  startEmulator,
  userMessage,
} from './support.ts'

let emulator: RunningEmulator
let http2: BedrockRuntimeClient
let http1: BedrockRuntimeClient

beforeAll(async () => {
  emulator = await startEmulator()
  http2 = createClient(emulator.url)
  http1 = createHttp1Client(emulator.url)
})

afterAll(async () => {
  http2.destroy()
  http1.destroy()
  await emulator.close()
})

const PATH = `/model/${CLAUDE}/converse-stream`
const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const p = expect.stringMatching(/^abc|^ab?$/)
const weather = {
  tools: [
    {
      toolSpec: {
        name: 'get_weather',
        inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
      },
    },
  ],
}

describe.each<Protocol>(['HTTP/1.1', 'HTTP/2'])('over %s', (protocol) => {
  test('text is streamed token by token, between messageStart and metadata', async () => {
    const body = { messages: [userMessage('[emulator:say=one two 三四]')] }

    const { status, headers, events, ending } = await readStream(emulator.url, PATH, body, { protocol })

    expect({ status, ending }).toEqual({ status: 200, ending: 'clean' })
    expect(headers).toMatchObject({
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(events.map(({ name, payload }) => [name, payload])).toEqual([
      ['messageStart', { role: 'assistant', p }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'one' }, p }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: ' two' }, p }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: ' 三' }, p }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: '四' }, p }],
      ['contentBlockStop', { contentBlockIndex: 0, p }],
      ['messageStop', { stopReason: 'end_turn', p }],
      [
        'metadata',
        {
          usage: {
            inputTokens: 3,
            outputTokens: 4,
            serverToolUsage: {},
            totalTokens: 7,
          },
          metrics: { latencyMs: expect.any(Number) },
          p,
        },
      ],
    ])
  })

  test('reasoning precedes text and ends with a signature; a tool use is a start and fragments of JSON', async () => {
    const body = {
      messages: [userMessage('Use get_weather for Kyoto')],
      toolConfig: weather,
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
      inferenceConfig: { maxTokens: 2048 },
    }

    const { events } = await readStream(emulator.url, PATH, body, { protocol })

    const deltas = (index: number) =>
      events
        .filter(({ name, payload }) => name === 'contentBlockDelta' && payload.contentBlockIndex === index)
        .map(({ payload }) => payload.delta)
    expect(deltas(0).slice(0, -1)).toEqual(
      expect.arrayContaining([{ reasoningContent: { text: expect.stringContaining('Kyoto') } }]),
    )
    expect(deltas(0).at(-1)).toEqual({ reasoningContent: { signature: expect.stringMatching(/.{40}/) } })
    expect(deltas(1)[0]).toEqual({ text: 'I' })
    expect(deltas(2).length).toBeGreaterThan(3)
    expect(
      JSON.parse(
        deltas(2)
          .map(({ toolUse }) => toolUse.input)
          .join(''),
      ),
    ).toEqual({ city: 'Kyoto' })
    expect(events.filter(({ name }) => name === 'contentBlockStart').map(({ payload }) => payload)).toEqual([
      {
        contentBlockIndex: 2,
        start: {
          toolUse: {
            name: 'get_weather',
            toolUseId: expect.stringMatching(/^tooluse_[0-9A-Za-z]{22}$/),
            type: 'tool_use',
          },
        },
        p,
      },
    ])
    expect(events.filter(({ name }) => name === 'contentBlockStop')).toHaveLength(3)
    expect(events.find(({ name }) => name === 'messageStop')?.payload.stopReason).toBe('tool_use')
  })
})

test('frames equal golden-frames.json: members are in alphabetical order, and the padding is a prefix of Bedrock’s', async () => {
  const { bytes, events } = await readStream(emulator.url, PATH, { messages: [userMessage('Hello')] })

  const [first = 0] = [bytes.readUInt32BE(0)]
  const headers = bytes.subarray(12, 12 + bytes.readUInt32BE(4)).toString('latin1')
  expect(headers).toBe(
    '\x0b:event-type\x07\x00\x0cmessageStart\x0d:content-type\x07\x00\x10application/json\x0d:message-type\x07\x00\x05event',
  )
  expect(bytes.subarray(12 + headers.length, first - 4).toString()).toMatch(/^\{"p":"abc\w*","role":"assistant"\}$/)
  for (const { payload } of events) {
    expect(PADDING.startsWith(payload.p)).toBe(true)
    expect(Object.keys(payload)).toEqual(Object.keys(payload).sort())
  }
  expect(new Set(events.map(({ payload }) => payload.p.length)).size).toBeGreaterThan(3)
})

test('the same request gives the same bytes except the latency, and another request gives another padding', async () => {
  const read = async (text: string): Promise<string> => {
    const { bytes } = await readStream(emulator.url, PATH, { messages: [userMessage(`${text} [emulator:say=same]`)] })
    const { events } = decodeEvents(bytes)
    return JSON.stringify(events).replace(/"latencyMs":\d+/, '')
  }

  const [one, again, other] = [await read('one'), await read('one'), await read('other')]

  expect(again).toBe(one)
  expect(other).not.toBe(one)
})

test('additional response fields are in messageStop', async () => {
  const { events } = await readStream(emulator.url, PATH, {
    messages: [userMessage('[emulator:say=one STOP two]')],
    inferenceConfig: { stopSequences: ['STOP'] },
    additionalModelResponseFieldPaths: ['/stop_sequence', '/content/0/text'],
    guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1', trace: 'enabled' },
  })

  for (const { payload } of events) expect(Object.keys(payload)).toEqual(Object.keys(payload).sort())
  expect(events.at(-2)?.payload).toEqual({
    additionalModelResponseFields: { stop_sequence: 'STOP', content: { 0: { text: 'one ' } } },
    stopReason: 'stop_sequence',
    p,
  })
})

test('call settings are in metadata', async () => {
  const { events } = await readStream(emulator.url, `/model/${PROFILE}/converse-stream`, {
    messages: [userMessage('Hello')],
    performanceConfig: { latency: 'optimized' },
    serviceTier: { type: 'flex' },
  })

  for (const { payload } of events) expect(Object.keys(payload)).toEqual(Object.keys(payload).sort())
  expect(events.at(-1)?.payload).toMatchObject({
    performanceConfig: { latency: 'optimized' },
    serviceTier: { type: 'flex' },
  })
})

test('a guardrail masks text before the first piece is sent, and its trace is in metadata', async () => {
  const { events } = await readStream(emulator.url, PATH, {
    messages: [userMessage('[emulator:say=Write to jane@example.com now]')],
    guardrailConfig: {
      guardrailIdentifier: 'abc',
      guardrailVersion: '1',
      trace: 'enabled',
      streamProcessingMode: 'sync',
    },
  })

  const text = events.map(({ payload }) => payload.delta?.text ?? '').join('')
  expect(text).toBe('Write to {EMAIL} now')
  expect(events.at(-2)?.payload.stopReason).toBe('guardrail_intervened')
  expect(events.at(-1)?.payload.trace.guardrail).toMatchObject({
    modelOutput: ['Write to jane@example.com now'],
    outputAssessments: { abc: [{ sensitiveInformationPolicy: expect.anything() }] },
  })
})

test.each([
  ['text', 'Explain queues, please'],
  ['Japanese', '日本で一番高い山は?'],
  ['no text', '[emulator:say=]'],
  ['white space', '[emulator:say= \n two\n\n]'],
  ['a hundred tokens', '[emulator:tokens=100]'],
  ['more tokens than allowed', '[emulator:tokens=1000]'],
  ['surrogate pairs', '[emulator:say=👩‍👩‍👧 𠮷野家 é]'],
])('Converse and ConverseStream give the same answer: %s', async (_name, text) => {
  const input = { modelId: CLAUDE, messages: [userMessage(text)], inferenceConfig: { maxTokens: 300 } }

  const whole = await http1.send(new ConverseCommand(input))
  for (const client of [http1, http2]) {
    const { stream = [] } = await client.send(new ConverseStreamCommand(input))
    const events: ConverseStreamOutput[] = []
    for await (const event of stream) events.push(event)

    const streamed = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('')
    expect(streamed).toBe(whole.output?.message?.content?.[0]?.text)
    expect(events.at(-2)?.messageStop?.stopReason).toBe(whole.stopReason)
    expect(whole.usage).toMatchObject({ ...events.at(-1)?.metadata?.usage })
  }
})

test('a stop sequence ends a text of a million tokens and one of a hundred at the same position', async () => {
  const ask = (tokens: number) => ({
    messages: [userMessage(`[emulator:tokens=${tokens}]`)],
    inferenceConfig: { stopSequences: ['else This text'] },
  })

  const whole = await post(emulator.url, `/model/${CLAUDE}/converse`, ask(100))
  const { events } = await readStream(emulator.url, PATH, ask(1_000_000))

  expect(whole.body.stopReason).toBe('stop_sequence')
  expect(events.at(-2)?.payload.stopReason).toBe('stop_sequence')
  expect(whole.body.usage).toMatchObject(events.at(-1)?.payload.usage as object)
})

describe('a failure before the stream', () => {
  test.each([
    ['unknown models', '/model/nonsense/converse-stream', {}, 400, /model identifier is invalid/],
    ['embeddings', '/model/amazon.titan-embed-text-v2:0/converse-stream', {}, 400, /supported text or chat model/],
    ['no message', PATH, { messages: [] }, 400, /at least one message/],
    [
      'a wrong pointer',
      PATH,
      { messages: [userMessage('x')], additionalModelResponseFieldPaths: ['x'] },
      400,
      /JSON P/,
    ],
    [
      'a wrong mode',
      PATH,
      { messages: [userMessage('x')], guardrailConfig: { streamProcessingMode: 'soon' } },
      400,
      /streamProcessingMode/,
    ],
    ['throttling', PATH, { messages: [userMessage('[emulator:throttle=9]')] }, 429, /Too many requests/],
    ['an error', PATH, { messages: [userMessage('[emulator:error=ModelErrorException]')] }, 424, /unexpected error/],
  ])('is a plain HTTP error: %s', async (_name, path, body, status, message) => {
    expect(await post(emulator.url, path, body)).toMatchObject({
      status,
      body: { message: expect.stringMatching(message) },
    })
  })

  test.each([
    ['HTTP/1.1', () => http1],
    ['HTTP/2', () => http2],
  ])('the SDK throws its own error classes over %s', async (_name, client) => {
    const call = (text: string) =>
      client().send(new ConverseStreamCommand({ modelId: NOVA, messages: [userMessage(text)] }))

    await expect(call('[emulator:error=ThrottlingException]')).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 429 },
    })
    await expect(call('[emulator:rate=0]')).rejects.toMatchObject({ name: 'ValidationException' })
  })
})
