import { encodeEvent, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { collectConverse } from '../../../../layers/runtime/src/event-stream/collect-converse.ts'

type Event = readonly [name: string, payload: object]

const START: Event = ['messageStart', { role: 'assistant', p: 'ab' }]
const STOP: Event = ['messageStop', { stopReason: 'end_turn', p: 'abc' }]
const USAGE = { inputTokens: 8, outputTokens: 2, totalTokens: 10 }
const METADATA: Event = ['metadata', { usage: USAGE, metrics: { latencyMs: 7 }, p: 'abcd' }]

const started = (contentBlockIndex: number, start: object): Event => ['contentBlockStart', { contentBlockIndex, start }]
const delta = (contentBlockIndex: number, part: object): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: part, p: 'abcdef' },
]
const stopped = (contentBlockIndex: number): Event => ['contentBlockStop', { contentBlockIndex, p: 'a' }]

/** Collects real frames, as they are sent. */
function collect(events: readonly Event[]) {
  const collector = collectConverse()
  for (const [name, payload] of events) {
    for (const frame of new FrameReader().push(encodeEvent(name, JSON.stringify(payload))))
      collector.add(name, frame.payload)
  }
  return collector
}

function contentOf(events: readonly Event[]): unknown {
  return JSON.parse(collect([START, ...events, STOP, METADATA]).answer).output.message.content
}

test('texts are joined to the answer of Converse', () => {
  const { answer, isComplete } = collect([
    START,
    delta(0, { text: 'Mount ' }),
    delta(0, { text: 'Fu' }),
    delta(0, { text: 'ji 富士' }),
    stopped(0),
    STOP,
    METADATA,
  ])
  expect(isComplete).toBe(true)
  expect(JSON.parse(answer)).toEqual({
    output: { message: { role: 'assistant', content: [{ text: 'Mount Fuji 富士' }] } },
    stopReason: 'end_turn',
    usage: USAGE,
    metrics: { latencyMs: 7 },
  })
})

test.each([
  ['nothing', []],
  ['no end', [START, delta(0, { text: 'a' })]],
  ['no metadata', [START, delta(0, { text: 'a' }), STOP]],
  ['no messageStop', [START, delta(0, { text: 'a' }), METADATA]],
])('a stream with %s is not complete', (_, events) => {
  expect(collect(events as Event[]).isComplete).toBe(false)
})

test('an answer without content is complete', () => {
  expect(contentOf([])).toEqual([])
})

test('a block without deltas is an empty text', () => {
  expect(contentOf([stopped(0), started(1, {}), stopped(1)])).toEqual([{ text: '' }])
})

test("a tool's input is joined to a document", () => {
  expect(
    contentOf([
      started(0, { toolUse: { toolUseId: 't1', name: 'get_weather' } }),
      delta(0, { toolUse: { input: '' } }),
      delta(0, { toolUse: { input: '{"city":"To' } }),
      delta(0, { toolUse: { input: 'kyo","days":[1,' } }),
      delta(0, { toolUse: { input: '2]}' } }),
      stopped(0),
    ]),
  ).toEqual([{ toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Tokyo', days: [1, 2] } } }])
})

test.each([
  [[], {}],
  [[''], {}],
  [['{}'], {}],
  [['{"a":'], {}],
  [['{"a":[1,{"b":"x"},', '{"c'], { a: [1, { b: 'x' }, {}] }],
  [['{"__proto__":', '{"x":1}}'], JSON.parse('{"__proto__":{"x":1}}')],
])('a tool with the input %j has the document %j', (pieces, input) => {
  const content = contentOf([
    started(0, { toolUse: { toolUseId: 't1', name: 'n' } }),
    ...(pieces as string[]).map((piece) => delta(0, { toolUse: { input: piece } })),
    stopped(0),
  ])
  expect(JSON.stringify(content)).toBe(JSON.stringify([{ toolUse: { toolUseId: 't1', name: 'n', input } }]))
})

test('concurrent tools with mixed pieces stay separate, and unknown members are kept', () => {
  expect(
    contentOf([
      delta(0, { text: 'Both.' }),
      stopped(0),
      started(2, { toolUse: { toolUseId: 'b', name: 'two', type: 'server_tool_use' } }),
      started(1, { toolUse: { toolUseId: 'a', name: 'one' } }),
      delta(2, { toolUse: { input: '{"n":' } }),
      delta(1, { toolUse: { input: '{"n":1' } }),
      delta(2, { toolUse: { input: '2}' } }),
      delta(1, { toolUse: { input: '}' } }),
      stopped(1),
      stopped(2),
    ]),
  ).toEqual([
    { text: 'Both.' },
    { toolUse: { toolUseId: 'a', name: 'one', input: { n: 1 } } },
    { toolUse: { toolUseId: 'b', name: 'two', type: 'server_tool_use', input: { n: 2 } } },
  ])
})

test('blocks are in numerical order', () => {
  const numbers = [10, 2, 0, 9, 1, 11, 3]
  expect(contentOf(numbers.map((index) => delta(index, { text: String(index) })))).toEqual(
    [0, 1, 2, 3, 9, 10, 11].map((index) => ({ text: String(index) })),
  )
})

test('reasoning keeps its signature', () => {
  expect(
    contentOf([
      delta(0, { reasoningContent: { text: 'First, ' } }),
      delta(0, { reasoningContent: { text: 'think.' } }),
      delta(0, { reasoningContent: { signature: 'c2ln' } }),
      stopped(0),
      delta(1, { text: 'Answer' }),
      stopped(1),
    ]),
  ).toEqual([{ reasoningContent: { reasoningText: { text: 'First, think.', signature: 'c2ln' } } }, { text: 'Answer' }])
})

test('redacted reasoning keeps its bytes', () => {
  const bytes = Buffer.from([0, 255, 16]).toString('base64')
  expect(contentOf([delta(0, { reasoningContent: { redactedContent: bytes } }), stopped(0)])).toEqual([
    { reasoningContent: { redactedContent: bytes } },
  ])
})

test('a text with citations is a block of citations', () => {
  const citation = (title: string) => ({ title, location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } })
  expect(
    contentOf([
      delta(0, { text: 'The sky ' }),
      delta(0, { citation: citation('one') }),
      delta(0, { text: 'is blue.' }),
      delta(0, { citation: citation('two') }),
      stopped(0),
      delta(1, { text: 'No source.' }),
    ]),
  ).toEqual([
    {
      citationsContent: { content: [{ text: 'The sky is blue.' }], citations: [citation('one'), citation('two')] },
    },
    { text: 'No source.' },
  ])
})

test('an image is joined with its format', () => {
  expect(
    contentOf([
      started(0, { image: { format: 'png' } }),
      delta(0, { image: { source: { bytes: 'aGk=' } } }),
      stopped(0),
    ]),
  ).toEqual([{ image: { format: 'png', source: { bytes: 'aGk=' } } }])
})

test("a tool's result keeps the members of its start and the order of its parts", () => {
  expect(
    contentOf([
      started(0, { toolResult: { toolUseId: 't1', type: 'x', status: 'success' } }),
      delta(0, { toolResult: [{ text: 'one' }] }),
      delta(0, { toolResult: [{ json: { two: 2 } }] }),
      stopped(0),
    ]),
  ).toEqual([
    { toolResult: { toolUseId: 't1', type: 'x', status: 'success', content: [{ text: 'one' }, { json: { two: 2 } }] } },
  ])
})

test('a block of an unknown kind is kept', () => {
  expect(
    contentOf([
      delta(0, { hologram: { frames: ['a'], depth: 1, note: 'x' } }),
      delta(0, { hologram: { frames: ['b'], depth: 2, note: 'y' } }),
      stopped(0),
      started(1, { aroma: { scent: 'cedar' } }),
      delta(1, { aroma: { intensity: 0.5 } }),
      stopped(1),
    ]),
  ).toEqual([{ hologram: { frames: ['a', 'b'], depth: 2, note: 'xy' } }, { aroma: { scent: 'cedar', intensity: 0.5 } }])
})

test('unknown members of events are kept, and their padding is not', () => {
  const { answer } = collect([
    START,
    ['messageStop', { stopReason: 'tool_use', additionalModelResponseFields: { stop_sequence: 'x' }, p: 'abc' }],
    ['eventOfTheFuture', { a: 1 }],
    ['metadata', { usage: USAGE, metrics: { latencyMs: 1 }, trace: { guardrail: {} }, serviceTier: { type: 'flex' } }],
  ])
  expect(JSON.parse(answer)).toEqual({
    output: { message: { role: 'assistant', content: [] } },
    stopReason: 'tool_use',
    additionalModelResponseFields: { stop_sequence: 'x' },
    usage: USAGE,
    metrics: { latencyMs: 1 },
    trace: { guardrail: {} },
    serviceTier: { type: 'flex' },
  })
  expect(answer).not.toContain('"p"')
})

test('a text is the same for any pieces', () => {
  const text = 'A text 日本 with "quotes", \\ and \u2028 lines.\n'.repeat(5)
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const units = [...text]
    const parts: Event[] = []
    for (let start = 0; start < units.length; start += size) {
      parts.push(delta(0, { text: units.slice(start, start + size).join('') }))
    }
    expect(contentOf(parts)).toEqual([{ text }])
  }
})

/** Encodes a stream of these payloads. */
function answerOf(payloads: readonly (readonly [name: string, json: string])[]): string {
  const collector = collectConverse()
  for (const [name, json] of payloads) collector.add(name, Buffer.from(json))
  return collector.answer
}

test('numbers and escapes stay as the model wrote them', () => {
  const answer = answerOf([
    ['messageStart', '{"role":"assistant"}'],
    ['contentBlockStart', '{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"t"}}}'],
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\\"id\\":1234567890"}}}'],
    [
      'contentBlockDelta',
      '{"contentBlockIndex":0,"delta":{"toolUse":{"input":"1234567890,\\"p\\":1.10,\\"z\\":-0}"}}}',
    ],
    ['contentBlockDelta', '{"contentBlockIndex":1,"delta":{"text":"\\ud83d"}}'],
    ['contentBlockDelta', '{"contentBlockIndex":1,"delta":{"text":"\\ude00 \\u65e5"}}'],
    ['messageStop', '{"stopReason":"tool_use","additionalModelResponseFields":{"n":12345678901234567890}}'],
    ['metadata', '{"usage":{"inputTokens":5},"metrics":{"latencyMs":1.0}}'],
  ])
  expect(answer).toBe(
    '{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"t","input":{"id":12345678901234567890,"p":1.10,"z":-0}}},{"text":"\\ud83d\\ude00 \\u65e5"}]}},"stopReason":"tool_use","additionalModelResponseFields":{"n":12345678901234567890},"usage":{"inputTokens":5},"metrics":{"latencyMs":1.0}}',
  )
})

const base64 = (text: string) => Buffer.from(text).toString('base64')

test('pieces of bytes are decoded, joined and encoded', () => {
  expect(
    contentOf([
      delta(0, { reasoningContent: { redactedContent: base64('ab') } }),
      delta(0, { reasoningContent: { redactedContent: base64('cde') } }),
      started(1, { image: { format: 'png' } }),
      delta(1, { image: { source: { bytes: base64('ab') } } }),
      delta(1, { image: { source: { bytes: base64('cdefg') } } }),
    ]),
  ).toEqual([
    { reasoningContent: { redactedContent: base64('abcde') } },
    { image: { format: 'png', source: { bytes: base64('abcdefg') } } },
  ])
})

test('a signature without text gets an empty text, with which a client can send it back', () => {
  expect(contentOf([delta(0, { reasoningContent: { signature: 'sig' } })])).toEqual([
    { reasoningContent: { reasoningText: { text: '', signature: 'sig' } } },
  ])
})

test('deltas of two kinds in one block become two blocks', () => {
  expect(contentOf([delta(0, { brandNew: { y: 1 } }), delta(0, { text: 'ok' })])).toEqual([
    { brandNew: { y: 1 } },
    { text: 'ok' },
  ])
  expect(
    contentOf([
      delta(0, { reasoningContent: { text: 't' } }),
      delta(0, { reasoningContent: { redactedContent: 'YQ==' } }),
    ]),
  ).toEqual([{ reasoningContent: { reasoningText: { text: 't' } } }, { reasoningContent: { redactedContent: 'YQ==' } }])
})

test('an event that is not JSON breaks the stream', () => {
  expect(() => collectConverse().add('metadata', Buffer.from('{"usage":'))).toThrow('an event is not JSON')
})
