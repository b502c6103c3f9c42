import { type FrameSample, framesOf, plan } from './support.ts'

const START: FrameSample = ['messageStart', { role: 'assistant', p: 'abc' }]
const delta = (contentBlockIndex: number, value: object): FrameSample => [
  'contentBlockDelta',
  { contentBlockIndex, delta: value, p: 'a' },
]
const text = (value: string, index = 0) => delta(index, { text: value })
const reasoning = (value: object, index = 0) => delta(index, { reasoningContent: value })
const useOf = (contentBlockIndex: number, toolUseId: string, others = {}): FrameSample => [
  'contentBlockStart',
  { contentBlockIndex, start: { toolUse: { toolUseId, name: 'f', ...others } } },
]
const stopOf = (contentBlockIndex: number): FrameSample => ['contentBlockStop', { contentBlockIndex }]
const USAGE = { inputTokens: 3, outputTokens: 5, totalTokens: 8 }
const end = (stopReason = 'end_turn', others: object = {}): FrameSample[] => [
  ['messageStop', { stopReason, ...others }],
  ['metadata', { estimatedCost: { usd: 1 }, usage: USAGE, metrics: { latencyMs: 1 } }],
]

/** Encodes each frame alone. */
function streamOf(...events: FrameSample[]): string {
  const format = plan({ stream: true }).createFormat()
  return framesOf(...events)
    .map((frame) => format.encode([frame]).toString())
    .join('')
}

function eventsOf(...events: FrameSample[]): ReturnType<typeof JSON.parse>[] {
  return streamOf(...events)
    .split('\n\n')
    .slice(0, -1)
    .map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      const document = JSON.parse(data ?? '')
      expect(document.type).toBe(name)
      return document
    })
}

/** Events of the content, in short. */
const contentOf = (...events: FrameSample[]) =>
  eventsOf(START, ...events, ...end())
    .slice(1, -2)
    .map(({ type, index, content_block, delta: part }) => [
      type.replace('content_block_', ''),
      index,
      content_block ?? part,
    ])

test('a stream has the exact shape of the events of Messages', () => {
  const stream = streamOf(START, text('Hé"'), text('\n'), stopOf(0), ...end())
  const [, id] = /"id":"(msg_bdrk_[0-9a-f]{24})"/.exec(stream) ?? []
  const event = (type: string, members: string) => `event: ${type}\ndata: {"type":"${type}"${members}}\n\n`
  expect(stream).toBe(
    [
      event(
        'message_start',
        `,"message":{"id":"${id}","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}}`,
      ),
      event('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
      event('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":"Hé\\""}'),
      event('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":"\\n"}'),
      event('content_block_stop', ',"index":0'),
      event(
        'message_delta',
        ',"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":3,"output_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}',
      ),
      event('message_stop', ''),
    ].join(''),
  )
})

test('the end waits for the usage', () => {
  const stream = streamOf(START, text('x'), stopOf(0), ['messageStop', { stopReason: 'end_turn' }])
  expect(stream).not.toContain('message_delta')
  expect(stream).not.toContain('message_stop')
})

test('parallel tools are blocks of their own, with the pieces of their inputs', () => {
  const blocks = contentOf(
    text('Hm'),
    stopOf(0),
    useOf(1, 't1'),
    delta(1, { toolUse: { input: '' } }),
    delta(1, { toolUse: { input: '{"a":' } }),
    delta(1, { toolUse: { input: '1e400}' } }),
    stopOf(1),
    useOf(2, 't2'),
    stopOf(2),
  )
  expect(blocks).toEqual([
    ['start', 0, { type: 'text', text: '' }],
    ['delta', 0, { type: 'text_delta', text: 'Hm' }],
    ['stop', 0, undefined],
    ['start', 1, { type: 'tool_use', id: 't1', name: 'f', input: {} }],
    ['delta', 1, { type: 'input_json_delta', partial_json: '{"a":' }],
    ['delta', 1, { type: 'input_json_delta', partial_json: '1e400}' }],
    ['stop', 1, undefined],
    ['start', 2, { type: 'tool_use', id: 't2', name: 'f', input: {} }],
    ['stop', 2, undefined],
  ])
})

test('reasoning has its signature, and pieces of redacted reasoning are one block', () => {
  const blocks = contentOf(
    reasoning({ text: 'hm' }),
    reasoning({ signature: 's' }),
    stopOf(0),
    reasoning({ redactedContent: 'AAA=' }, 1),
    reasoning({ redactedContent: 'AA==' }, 1),
    stopOf(1),
    text('x', 2),
    stopOf(2),
  )
  expect(blocks).toEqual([
    ['start', 0, { type: 'thinking', thinking: '', signature: '' }],
    ['delta', 0, { type: 'thinking_delta', thinking: 'hm' }],
    ['delta', 0, { type: 'signature_delta', signature: 's' }],
    ['stop', 0, undefined],
    ['start', 1, { type: 'redacted_thinking', data: 'AAAA' }],
    ['stop', 1, undefined],
    ['start', 2, { type: 'text', text: '' }],
    ['delta', 2, { type: 'text_delta', text: 'x' }],
    ['stop', 2, undefined],
  ])
})

test('a block without an end is ended before the next one', () => {
  expect(contentOf(text('a', 0), text('b', 1)).map(([type, index]) => `${type} ${index}`)).toEqual([
    'start 0',
    'delta 0',
    'stop 0',
    'start 1',
    'delta 1',
    'stop 1',
  ])
})

test('blocks have dense indexes: those that Bedrock itself used are left out', () => {
  const blocks = contentOf(useOf(0, 't0', { type: 'server_tool_use' }), stopOf(0), text('x', 3), stopOf(3))
  expect(blocks.map(([type, index]) => `${type} ${index}`)).toEqual(['start 0', 'delta 0', 'stop 0'])
})

test('citations follow the text they belong to', () => {
  const citation = {
    title: 'T',
    sourceContent: [{ text: 'c' }],
    location: { documentChar: { documentIndex: 0, start: 1, end: 2 } },
  }
  const [, , last] = contentOf(text('x'), delta(0, { citation }), stopOf(0))
  expect(last).toEqual([
    'delta',
    0,
    {
      type: 'citations_delta',
      citation: {
        type: 'char_location',
        cited_text: 'c',
        document_title: 'T',
        document_index: 0,
        start_char_index: 1,
        end_char_index: 2,
      },
    },
  ])
})

test('an empty answer has no blocks', () => {
  expect(eventsOf(START, ...end()).map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop'])
})

test.each([
  ['tool_use', 'tool_use'],
  ['max_tokens', 'max_tokens'],
  ['guardrail_intervened', 'refusal'],
  ['content_filtered', 'refusal'],
  ['model_context_window_exceeded', 'model_context_window_exceeded'],
])('the stop reason %s becomes %s', (stopReason, stop_reason) => {
  expect(eventsOf(START, ...end(stopReason)).at(-2).delta).toEqual({ stop_reason, stop_sequence: null })
})

test('the sequence that stopped the model is stated', () => {
  const events = eventsOf(START, ...end('stop_sequence', { additionalModelResponseFields: { stop_sequence: 'END' } }))
  expect(events.at(-2).delta).toEqual({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
})

test.each<[string, FrameSample[], string]>([
  ['an exception', [['throttlingException', { message: 'Slow down' }]], 'rate_limit_error'],
  ['a malformed answer', [['messageStop', { stopReason: 'malformed_tool_use' }]], 'api_error'],
])('%s is the last event', (_, failure, type) => {
  const events = eventsOf(START, text('x'), ...failure, ...end())
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { type } })
  expect(events.filter((event) => event.type === 'message_stop' || event.type === 'error')).toHaveLength(1)
})

test('a failure of the stack is an error event, and silence is filled with pings', () => {
  const format = plan({ stream: true }).createFormat()
  expect(format.encodeError('ModelTimeoutException', 'Silent').toString()).toBe(
    'event: error\ndata: {"type":"error","error":{"type":"timeout_error","message":"Silent"}}\n\n',
  )
  expect(format.heartbeat?.toString()).toBe('event: ping\ndata: {"type": "ping"}\n\n')
})
