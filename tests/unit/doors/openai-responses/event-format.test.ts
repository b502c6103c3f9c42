import { BedrockError } from '../../../../layers/runtime/src/core/errors.ts'
import { CLAUDE_4_5, framesOf, NOVA, plan, sealer } from './support.ts'

type Event = readonly [name: string, document: object]
type Document = ReturnType<typeof JSON.parse>

const START: Event = ['messageStart', { role: 'assistant', p: 'abc' }]
const text = (value: string, contentBlockIndex = 0): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: { text: value }, p: 'a' },
]
const input = (value: string, contentBlockIndex: number): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: { toolUse: { input: value } } },
]
const useOf = (contentBlockIndex: number, toolUseId: string, name: string, others = {}): Event => [
  'contentBlockStart',
  { contentBlockIndex, start: { toolUse: { toolUseId, name, ...others } } },
]
const reasoning = (value: object, contentBlockIndex = 0): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: { reasoningContent: value } },
]
const stopOf = (contentBlockIndex: number): Event => ['contentBlockStop', { contentBlockIndex }]
const end = (stopReason: string): Event[] => [
  ['messageStop', { stopReason }],
  [
    'metadata',
    {
      estimatedCost: { usd: 0 },
      usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8, cacheReadInputTokens: 2 },
      serviceTier: { type: 'default' },
    },
  ],
]

/** Encodes each frame alone. */
function streamOf(request: object, events: readonly Event[], modelId = NOVA): string {
  const format = plan({ stream: true, store: false, ...request }, { modelId }).createFormat()
  return framesOf(...events)
    .map((frame) => format.encode([frame]).toString())
    .join('')
}

/** Reads events, whose name, type and number must agree. */
function eventsOf(stream: string): Document[] {
  return stream
    .split('\n\n')
    .slice(0, -1)
    .map((event, index) => {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? []
      const document = JSON.parse(data ?? '')
      expect(document).toMatchObject({ type: name, sequence_number: index })
      return document
    })
}

const typesOf = (stream: string): string[] => eventsOf(stream).map(({ type }) => type.replace('response.', ''))
const outputOf = (stream: string): Document[] => eventsOf(stream).at(-1)?.response.output

const BEGIN = ['created', 'in_progress']
const MESSAGE = ['output_item.added', 'content_part.added', 'output_text.delta']
const MESSAGE_END = ['output_text.done', 'content_part.done', 'output_item.done']

test('a stream has the exact events of a response', () => {
  const stream = streamOf({ metadata: { a: 'b' } }, [START, text('Hé"'), text('!'), stopOf(0), ...end('end_turn')])
  const [{ response }] = eventsOf(stream)
  const { id, created_at } = response
  expect(id).toMatch(/^resp_bf[0-9a-f]{32}$/)
  const item = `msg_${id.slice('resp_'.length)}0000`
  const settings =
    '"background":false,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"metadata":{"a":"b"},' +
    '"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,' +
    '"reasoning":{"effort":null,"summary":null},"safety_identifier":null,"store":false,"temperature":null,' +
    '"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":null,' +
    '"truncation":"disabled","user":null'
  const responseOf = (status: string, output: string, others: string) =>
    `"response":{"id":"${id}","object":"response","created_at":${created_at},"status":"${status}","model":"${NOVA}","output":[${output}],${settings},${others}}`
  const begun = responseOf('in_progress', '', '"error":null,"incomplete_details":null,"usage":null')
  const part = '{"type":"output_text","text":"Hé\\"!","annotations":[],"logprobs":[]}'
  const message = (status: string, content: string) =>
    `{"type":"message","id":"${item}","status":"${status}","role":"assistant","content":[${content}]}`
  const at = `"item_id":"${item}","output_index":0,"content_index":0`
  const completedAt = eventsOf(stream).at(-1)?.response.completed_at
  const usage =
    '{"input_tokens":5,"input_tokens_details":{"cached_tokens":2,"cache_write_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":10}'
  const expected = [
    ['response.created', begun],
    ['response.in_progress', begun],
    ['response.output_item.added', `"output_index":0,"item":${message('in_progress', '')}`],
    ['response.content_part.added', `${at},"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}`],
    ['response.output_text.delta', `${at},"delta":"Hé\\"","logprobs":[]`],
    ['response.output_text.delta', `${at},"delta":"!","logprobs":[]`],
    ['response.output_text.done', `${at},"text":"Hé\\"!","logprobs":[]`],
    ['response.content_part.done', `${at},"part":${part}`],
    ['response.output_item.done', `"output_index":0,"item":${message('completed', part)}`],
    [
      'response.completed',
      responseOf(
        'completed',
        message('completed', part),
        `"error":null,"incomplete_details":null,"usage":${usage},"completed_at":${completedAt},"service_tier":"default"`,
      ),
    ],
  ]
  expect(stream).toBe(
    expected
      .map(([type, rest], index) => `event: ${type}\ndata: {"type":"${type}","sequence_number":${index},${rest}}\n\n`)
      .join(''),
  )
})

test('consecutive text blocks are one message, which ends when another item begins', () => {
  const stream = streamOf({}, [
    START,
    ...[text('a', 0), stopOf(0), text('b', 1), stopOf(1)],
    ...[useOf(2, 'c1', 'f'), input('{"n":', 2), input('1}', 2), stopOf(2)],
    ...[text('c', 3), stopOf(3)],
    ...end('tool_use'),
  ])
  expect(typesOf(stream)).toEqual([
    ...BEGIN,
    ...MESSAGE,
    'output_text.delta',
    ...MESSAGE_END,
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
    ...MESSAGE,
    ...MESSAGE_END,
    'completed',
  ])
  expect(outputOf(stream)).toMatchObject([
    { content: [{ text: 'ab' }] },
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"n":1}', status: 'completed' },
    { content: [{ text: 'c' }] },
  ])
})

test('blocks that come interleaved stay apart', () => {
  const stream = streamOf({}, [
    START,
    text('a', 0),
    useOf(1, 'c1', 'f'),
    useOf(2, 'c2', 'g'),
    input('{"x"', 1),
    text('b', 0),
    input('{"y":2}', 2),
    input(':1}', 1),
    ...[stopOf(2), stopOf(0), stopOf(1)],
    ...end('tool_use'),
  ])
  expect(outputOf(stream)).toMatchObject([
    { type: 'message', content: [{ text: 'ab' }] },
    { call_id: 'c1', arguments: '{"x":1}' },
    { call_id: 'c2', arguments: '{"y":2}' },
  ])
  const done = eventsOf(stream).filter(({ type }) => type === 'response.output_item.done')
  expect(done.map(({ output_index }) => output_index)).toEqual([2, 0, 1])
})

test('a call without an input has the arguments {}', () => {
  const stream = streamOf({}, [START, useOf(0, 'c', 'f'), stopOf(0), ...end('tool_use')])
  expect(outputOf(stream)).toMatchObject([{ arguments: '{}' }])
  expect(eventsOf(stream).find(({ type }) => type.endsWith('arguments.delta'))).toMatchObject({ delta: '{}' })
})

test('a call of a custom tool has its text', () => {
  const tools = [{ type: 'custom', name: 'p' }]
  const stream = streamOf({ tools }, [
    START,
    useOf(0, 'c', 'p'),
    input('{"input":"a\\n', 0),
    input('b"}', 0),
    stopOf(0),
    ...end('tool_use'),
  ])
  expect(typesOf(stream).slice(2, -1)).toEqual([
    'output_item.added',
    'custom_tool_call_input.delta',
    'custom_tool_call_input.done',
    'output_item.done',
  ])
  expect(outputOf(stream)).toMatchObject([{ type: 'custom_tool_call', call_id: 'c', name: 'p', input: 'a\nb' }])
})

test('calls of shells, patches and searches for tools are items of their own', () => {
  const tools = ['local_shell', 'shell', 'apply_patch', 'tool_search'].map((type) => ({ type }))
  const call = (index: number, name: string, value: string) => [
    useOf(index, `c${index}`, name),
    input(value, index),
    stopOf(index),
  ]
  const stream = streamOf({ tools }, [
    START,
    ...call(0, 'local_shell', '{"command":["ls"]}'),
    ...call(1, 'shell', '{"commands":["ls"]}'),
    ...call(2, 'apply_patch', '{"type":"update_file","path":"a","diff":"@@"}'),
    ...call(3, 'tool_search', '{"query":"q"}'),
    ...end('tool_use'),
  ])
  expect(outputOf(stream)).toMatchObject([
    { type: 'local_shell_call', call_id: 'c0', action: { type: 'exec', env: {}, command: ['ls'] } },
    { type: 'shell_call', call_id: 'c1', action: { commands: ['ls'], timeout_ms: null, max_output_length: null } },
    { type: 'apply_patch_call', call_id: 'c2', operation: { type: 'update_file', path: 'a', diff: '@@' } },
    { type: 'tool_search_call', call_id: 'c3', execution: 'client', arguments: { query: 'q' } },
  ])
})

const THOUGHT = [reasoning({ text: 'h' }), reasoning({ text: 'm' }), reasoning({ signature: 'c2ln' }), stopOf(0)]

test('reasoning comes as content, or as a summary if one is asked for', () => {
  const plain = streamOf({}, [START, ...THOUGHT, text('x', 1), stopOf(1), ...end('end_turn')])
  expect(typesOf(plain).slice(2, 9)).toEqual([
    'output_item.added',
    'content_part.added',
    'reasoning_text.delta',
    'reasoning_text.delta',
    'reasoning_text.done',
    'content_part.done',
    'output_item.done',
  ])
  expect(outputOf(plain)[0]).toEqual({
    type: 'reasoning',
    id: expect.stringMatching(/^rs_/),
    summary: [],
    content: [{ type: 'reasoning_text', text: 'hm' }],
  })
  const short = streamOf({ reasoning: { summary: 'auto' } }, [START, ...THOUGHT, ...end('end_turn')])
  expect(typesOf(short).slice(2, 9)).toEqual([
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
  ])
  expect(outputOf(short)[0]).toMatchObject({ summary: [{ type: 'summary_text', text: 'hm' }] })
})

test.each([
  ['a signature', THOUGHT, '{"reasoningContent":{"reasoningText":{"text":"hm","signature":"c2ln"}}}'],
  [
    'redacted pieces',
    [reasoning({ redactedContent: 'YQ==' }), reasoning({ redactedContent: 'Yg==' }), stopOf(0)],
    '{"reasoningContent":{"redactedContent":"YWI="}}',
  ],
])('reasoning with %s is sealed if it is asked for', (_, events, block) => {
  const include = ['reasoning.encrypted_content']
  const stream = streamOf({ include }, [START, ...events, ...end('end_turn')], CLAUDE_4_5)
  const [{ encrypted_content }] = outputOf(stream)
  expect(sealer.open(encrypted_content, 'p')).toEqual({ family: 'Claude', block })
  expect(outputOf(streamOf({}, [START, ...events, ...end('end_turn')], CLAUDE_4_5))[0]).not.toHaveProperty(
    'encrypted_content',
  )
})

test.each([
  ['end_turn', 'completed', null],
  ['stop_sequence', 'completed', null],
  ['tool_use', 'completed', null],
  ['something_new', 'completed', null],
  ['max_tokens', 'incomplete', { reason: 'max_output_tokens' }],
  ['model_context_window_exceeded', 'incomplete', { reason: 'max_output_tokens' }],
  ['guardrail_intervened', 'incomplete', { reason: 'content_filter' }],
  ['content_filtered', 'incomplete', { reason: 'content_filter' }],
])('the stop reason %s is the status %s', (stopReason, status, incomplete_details) => {
  const last = eventsOf(streamOf({}, [START, text('a'), stopOf(0), ...end(stopReason)])).at(-1)
  expect(last).toMatchObject({ type: `response.${status}`, response: { status, incomplete_details } })
})

test('an item that was cut off is incomplete', () => {
  const stream = streamOf({}, [START, useOf(0, 'c', 'f'), input('{"a":', 0), ...end('max_tokens')])
  expect(outputOf(stream)).toMatchObject([{ arguments: '{"a":', status: 'incomplete' }])
})

test('an empty answer has no items', () => {
  expect(outputOf(streamOf({}, [START, stopOf(0), ...end('end_turn')]))).toEqual([])
})

test('citations of the web become annotations', () => {
  const citation = { title: 'T', location: { web: { url: 'https://a.example' } } }
  const stream = streamOf({}, [
    START,
    text('ab'),
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { citation } }],
    stopOf(0),
    ...end('end_turn'),
  ])
  const annotation = { type: 'url_citation', start_index: 0, end_index: 2, title: 'T', url: 'https://a.example' }
  expect(outputOf(stream)[0].content[0]).toMatchObject({ annotations: [annotation], citations: [citation] })
  expect(eventsOf(stream).find(({ type }) => type.endsWith('annotation.added'))).toMatchObject({
    annotation,
    annotation_index: 0,
  })
})

test.each([
  [['throttlingException', { message: 'slow down' }], 'rate_limit_exceeded', 'slow down'],
  [['modelStreamErrorException', { message: 'broken' }], 'server_error', 'broken'],
  [['validationException', { message: 'bad' }], 'invalid_prompt', 'bad'],
] as const)('the exception %j ends the stream with response.failed', (exception, code, message) => {
  const stream = streamOf({}, [START, text('a'), exception, ...end('end_turn')])
  expect(eventsOf(stream).at(-1)).toMatchObject({
    type: 'response.failed',
    response: { status: 'failed', error: { code, message } },
  })
})

test('a malformed answer fails', () => {
  const last = eventsOf(streamOf({}, [START, ...end('malformed_tool_use')])).at(-1)
  expect(last).toMatchObject({ type: 'response.failed', response: { error: { code: 'server_error' } } })
})

test('a stream has one end, also if an error comes after it', () => {
  const format = plan({ stream: true, store: false }).createFormat()
  format.encode(framesOf(START, ...end('end_turn')))
  expect(format.encodeError('ModelStreamErrorException', 'late').toString()).toBe('')
  expect(format.encode(framesOf(text('more'))).toString()).toBe('')
})

test('an error before the first event is the event error', () => {
  const format = plan({ stream: true, store: false }).createFormat()
  const first = format.encodeError('ThrottlingException', 'slow').toString()
  expect(first).toBe(
    'event: error\ndata: {"type":"error","sequence_number":0,"code":"rate_limit_exceeded","message":"slow","param":null}\n\n',
  )
  expect(format.encodeError('ThrottlingException', 'slow').toString()).toBe('')
})

test('the end of a stream waits for the store, and fails with it', () => {
  for (const failure of [undefined, new BedrockError('InternalServerException', 'no store')]) {
    const call = plan({ stream: true })
    const before = call
      .createFormat()
      .encode(framesOf(START, text('a'), stopOf(0), ...end('end_turn')))
      .toString()
    expect(typesOf(before).at(-1)).toBe('output_item.done')
    expect(call.finished?.status).toBe('completed')
    expect(eventsOf(before + call.release(failure)).at(-1)?.type).toBe(
      failure ? 'response.failed' : 'response.completed',
    )
    expect(call.release().toString()).toBe('')
  }
})
