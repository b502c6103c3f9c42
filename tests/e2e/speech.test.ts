import { type RunningStack, startStack } from '../support/start-stack.ts'

const SONIC = 'amazon.nova-2-sonic-v1:0'
const PATH = `/model/${encodeURIComponent(SONIC)}/converse-audio`
const SSE = 'text/event-stream; charset=utf-8'

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack()
}, 60_000)
afterAll(() => stack.stop())

const servers = [
  ['the API', 'api'],
  ['the function URL', 'functionUrl'],
] as const

interface Event {
  readonly name: string
  // Tests read events of any shape. A wrong shape fails the assertion.
  readonly data: ReturnType<typeof JSON.parse>
}

async function readEvents(response: Response): Promise<Event[]> {
  const blocks = (await response.text()).split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
  return blocks.map((block) => {
    const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
    return { name, data: JSON.parse(data) }
  })
}

function converse(document: object, base = stack.api, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(base + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(document),
  })
}

const say = (text: string, more: object = {}) => ({ messages: [{ role: 'user', content: [{ text }] }], ...more })

/** Makes a WAV file with a loud tone. */
function toneFile(rate: number, durationMs: number): Buffer {
  const samples = Buffer.alloc(2 * Math.round((rate * durationMs) / 1000))
  for (let index = 0; index < samples.length / 2; index += 1) {
    samples.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * index) / rate)), 2 * index)
  }
  return wavOf(rate, samples)
}

function wavOf(rate: number, samples: Buffer, channels = 1): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2 * channels, 28)
  header.writeUInt16LE(2 * channels, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples])
}

const audioMessage = (bytes: Buffer, format = 'wav') => ({
  role: 'user',
  content: [{ audio: { format, source: { bytes: bytes.toString('base64') } } }],
})

describe.each(servers)('%s', (_, server) => {
  test('answers a text with its transcript, text, audio, usage and one end', async () => {
    const response = await converse(say('What is the capital of France?'), stack[server])

    expect([response.status, response.headers.get('content-type')]).toEqual([200, SSE])
    const events = await readEvents(response)
    const names = events.map(({ name }) => name)
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'messageStart',
      'transcript',
      'contentBlockDelta',
      'contentBlockStop',
      'contentBlockStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ])
    expect(events[1]?.data).toEqual({ text: 'What is the capital of France?' })
    expect(events[2]?.data).toEqual({ contentBlockIndex: 0, delta: { text: 'The capital of France is Paris.' } })
    expect(events.find(({ name }) => name === 'contentBlockStart')?.data).toEqual({
      contentBlockIndex: 1,
      start: { audio: { format: 'pcm', sampleRateHertz: 24_000, sampleSizeBits: 16, channelCount: 1 } },
    })
    expect(events.at(-2)?.data).toEqual({ stopReason: 'end_turn' })
    const { usage, estimatedCost } = events.at(-1)?.data ?? {}
    expect(usage.totalTokens).toBe(usage.inputTokens + usage.outputTokens)
    expect(usage.outputSpeechTokens).toBeGreaterThan(0)
    // Prices in USD per million tokens: text 0.319 and 2.651, speech 3 and 12.
    const { inputTokens, inputSpeechTokens, outputTokens, outputSpeechTokens } = usage
    const text = 0.319 * (inputTokens - inputSpeechTokens) + 2.651 * (outputTokens - outputSpeechTokens)
    expect(estimatedCost.usd).toBeCloseTo((text + 3 * inputSpeechTokens + 12 * outputSpeechTokens) / 1e6, 10)
  })

  test('answers a WAV file with a WAV file of the asked rate', async () => {
    const response = await fetch(`${stack[server]}${PATH}?voiceId=tiffany&sampleRateHertz=16000`, {
      method: 'POST',
      headers: { 'content-type': 'audio/wav', accept: 'audio/wav' },
      body: toneFile(16_000, 1_200),
    })

    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/wav'])
    const file = Buffer.from(await response.arrayBuffer())
    expect([file.toString('latin1', 0, 4), file.readUInt32LE(24), file.readUInt32LE(40)]).toEqual([
      'RIFF',
      16_000,
      file.length - 44,
    ])
    // The emulator speaks 160 ms for each token.
    expect((file.length - 44) / 2 / 16_000 / 0.16).toBeGreaterThanOrEqual(1)
    expect(((file.length - 44) / 2) % (16_000 * 0.16)).toBe(0)
  })
})

test('speech is answered with its transcript', async () => {
  const events = await readEvents(await converse({ messages: [audioMessage(toneFile(8_000, 1_200))] }))

  expect(events.find(({ name }) => name === 'transcript')?.data).toEqual({ text: 'speech of 1.2 seconds' })
  expect(events.at(-1)?.data.usage.inputSpeechTokens).toBeGreaterThan(0)
})

test('raw samples are read at the rate that the request states', async () => {
  const pcm = toneFile(24_000, 600).subarray(44)
  const document = { messages: [audioMessage(pcm, 'pcm')], audioConfig: { inputSampleRateHertz: 24_000 } }
  const events = await readEvents(await converse(document))

  expect(events.find(({ name }) => name === 'transcript')?.data).toEqual({ text: 'speech of 0.6 seconds' })
})

test('a tool is asked for, and its result is answered in the next turn', async () => {
  const tool = {
    toolSpec: {
      name: 'get_weather',
      description: 'Weather of a city',
      inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
    },
  }
  const question = { role: 'user', content: [{ text: 'What is the weather in Rome?' }] }
  const asked = await readEvents(await converse({ messages: [question], toolConfig: { tools: [tool] } }))

  const [{ data }] = asked.filter(({ name }) => name === 'contentBlockStart') as [Event]
  const { toolUseId, name } = data.start.toolUse
  const input = asked.find((event) => event.data.delta?.toolUse)?.data.delta.toolUse.input
  expect([name, JSON.parse(input)]).toEqual(['get_weather', { city: expect.any(String) }])
  expect(asked.at(-2)?.data).toEqual({ stopReason: 'tool_use' })

  const answered = await readEvents(
    await converse({
      messages: [
        question,
        { role: 'assistant', content: [{ toolUse: { toolUseId, name, input: JSON.parse(input) } }] },
        { role: 'user', content: [{ toolResult: { toolUseId, content: [{ json: { sky: 'clear' } }] } }] },
      ],
      toolConfig: { tools: [tool] },
    }),
  )
  expect(answered.find((event) => event.name === 'transcript')?.data.text).toBe(
    `[Result of ${toolUseId}: {"sky":"clear"}]`,
  )
  expect(answered.at(-2)?.data).toEqual({ stopReason: 'end_turn' })
})

test('the history and the system prompt reach the model', async () => {
  const events = await readEvents(
    await converse({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'My name is Ada.' }] },
        { role: 'assistant', content: [{ text: 'Hello Ada.' }] },
        { role: 'user', content: [{ text: 'Hello again' }] },
      ],
    }),
  )
  const short = await readEvents(await converse(say('Hello again')))
  const inputTokens = (all: Event[]) => all.at(-1)?.data.usage.inputTokens
  expect(inputTokens(events)).toBeGreaterThan(inputTokens(short))
})

test.each([
  ['exception=ThrottlingException@3', 200, 'throttlingException'],
  ['reset=@3', 200, 'modelStreamErrorException'],
  ['end=@3', 200, 'modelStreamErrorException'],
])('the fault %s ends in an error event', async (directive, status, type) => {
  const response = await converse(say(`Hello [emulator:${directive}]`))

  expect(response.status).toBe(status)
  const last = (await readEvents(response)).at(-1)
  expect([last?.name, last?.data.type]).toEqual(['error', type])
})

test('a failure before the answer has its status', async () => {
  const response = await converse({ ...say('Hello [emulator:throttle=1]') })

  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([429, 'ThrottlingException'])
})

test.each<[problem: string, document: object, message: string]>([
  ['no message', { messages: [] }, 'messages must have at least one message.'],
  ['an unknown member', say('Hello', { guardrailConfig: {} }), 'guardrailConfig is not known for spoken turns'],
  [
    'a wrong rate',
    say('Hello', { audioConfig: { sampleRateHertz: 44_100 } }),
    'audioConfig.sampleRateHertz must be 8000, 16000, 24000.',
  ],
  [
    'two channels',
    { messages: [audioMessage(wavOf(44_100, Buffer.alloc(400), 2))] },
    'messages[0].content[0].audio.source.bytes has PCM, 16 bits, 2 channels, 44100 Hz. It must be PCM with 16 bits, 1 channel and 8000, 16000, 24000 Hz.',
  ],
  [
    'no WAV file',
    { messages: [audioMessage(Buffer.from('MP3!'))] },
    'messages[0].content[0].audio.source.bytes is not a WAV file.',
  ],
  [
    'speech in the history',
    {
      messages: [
        audioMessage(toneFile(8_000, 100)),
        { role: 'assistant', content: [{ text: 'Yes' }] },
        { role: 'user', content: [{ text: 'Hello' }] },
      ],
    },
    'messages[0].content[0].audio is not known for spoken turns. Put the transcript of earlier speech into a text block.',
  ],
])('a turn with %s is refused with a message that names it', async (_, document, message) => {
  const response = await converse(document)

  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
  expect(await response.json()).toEqual({ message: expect.stringContaining(message) })
})
