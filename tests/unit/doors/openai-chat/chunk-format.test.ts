import { streamAnswer } from '../../../../layers/runtime/src/doors/answer-to-frames.ts'
import { framesOf, LLAMA, NOVA, plan } from './support.ts'

type Event = readonly [name: string, document: object]

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
const end = (stopReason: string, usage: object = { inputTokens: 3, outputTokens: 5, totalTokens: 8 }): Event[] => [
  ['messageStop', { stopReason }],
  ['metadata', { estimatedCost: { usd: 0 }, usage, metrics: { latencyMs: 1 }, serviceTier: { type: 'default' } }],
]

/** Encodes each frame alone. */
function streamOf(request: object, events: readonly Event[]): string {
  const format = plan({ stream: true, ...request }).createFormat()
  return framesOf(...events)
    .map((frame) => format.encode([frame]).toString())
    .join('')
}

function dataOf(stream: string): ReturnType<typeof JSON.parse>[] {
  return stream
    .split('\n\n')
    .slice(0, -1)
    .map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.slice('data: '.length))))
}

/** Deltas and finish reasons of the chunks. */
function choicesOf(request: object, events: readonly Event[]) {
  return dataOf(streamOf(request, events)).flatMap((data) =>
    data === '[DONE]' ? [data] : data.choices.map(({ delta, finish_reason }: never) => finish_reason ?? delta),
  )
}

test('a stream has the exact shape of chat completion chunks', () => {
  const stream = streamOf({}, [START, text('Hé"'), stopOf(0), ...end('end_turn')])
  const [{ id, created }] = dataOf(stream)
  const chunk = (choice: string) =>
    `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":"${NOVA}","choices":[{"index":0,${choice}}]}\n\n`
  expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/)
  expect(stream).toBe(
    [
      chunk('"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null'),
      chunk('"delta":{"content":"Hé\\""},"logprobs":null,"finish_reason":null'),
      chunk('"delta":{},"logprobs":null,"finish_reason":"stop"'),
      'data: [DONE]\n\n',
    ].join(''),
  )
})

test('the usage comes in a chunk of its own, if it is asked for, after all others', () => {
  const request = { stream_options: { include_usage: true } }
  const usage = { inputTokens: 3, outputTokens: 5, cacheReadInputTokens: 7 }
  const data = dataOf(streamOf(request, [START, text('x'), ...end('end_turn', usage)]))
  const [done, last, ...others] = data.toReversed()
  expect(done).toBe('[DONE]')
  expect(last).toMatchObject({
    choices: [],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 7, cache_write_tokens: 0 },
    },
  })
  expect(others.map(({ usage: none }) => none)).toEqual([null, null, null])
  expect(new Set(data.slice(0, -1).map(({ id }) => id)).size).toBe(1)
})

test('the cost of the stack is not part of the contract', () => {
  const request = { stream_options: { include_usage: true } }
  expect(streamOf(request, [START, text('x'), ...end('end_turn')])).not.toContain('estimatedCost')
})

test('frames that come together give the same bytes as frames that come alone', () => {
  const format = plan({ stream: true }).createFormat()
  const stream = format.encode(framesOf(START, text('a'), text('b'), ...end('max_tokens'))).toString()
  expect(dataOf(stream)).toHaveLength(5)
  expect(stream).toContain('"finish_reason":"length"')
})

test('indexes of tool calls are dense, and id and name come once', () => {
  const events = [
    START,
    text('I look.'),
    stopOf(0),
    useOf(1, 't1', 'f', { type: 'tool_use' }),
    useOf(3, 't2', 'g'),
    input('', 1),
    input('{"n": 123456', 1),
    input('{}', 3),
    input('78901234567890}', 1),
    stopOf(3),
    stopOf(1),
    ...end('tool_use'),
  ]
  const call = (index: number, id: string, name: string) => ({
    tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
  })
  const piece = (index: number, json: string) => ({ tool_calls: [{ index, function: { arguments: json } }] })
  expect(choicesOf({}, events).slice(2)).toEqual([
    call(0, 't1', 'f'),
    call(1, 't2', 'g'),
    piece(0, '{"n": 123456'),
    piece(1, '{}'),
    piece(0, '78901234567890}'),
    'tool_calls',
    '[DONE]',
  ])
})

test('a tool without an input gets an empty object, which clients parse', () => {
  const [, , last] = choicesOf({}, [START, useOf(0, 't1', 'f'), input('', 0), stopOf(0), ...end('tool_use')])
  expect(last).toEqual({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] })
})

test('tools that Bedrock itself runs are no tool calls', () => {
  const events = [
    START,
    useOf(0, 't1', 'nova_grounding', { type: 'server_tool_use' }),
    input('{}', 0),
    stopOf(0),
    text('x', 1),
    ...end('end_turn'),
  ]
  expect(choicesOf({}, events).slice(1)).toEqual([{ content: 'x' }, 'stop', '[DONE]'])
})

test('reasoning streams as text, and its blocks come whole before the end', () => {
  const events = [
    START,
    reasoning({ text: 'H' }),
    reasoning({ text: 'm' }),
    reasoning({ signature: 's1' }),
    reasoning({ signature: 's2' }),
    stopOf(0),
    reasoning({ redactedContent: 'QQ==' }, 1),
    reasoning({ redactedContent: 'QkM=' }, 1),
    stopOf(1),
    text('x', 2),
    ...end('end_turn'),
  ]
  expect(choicesOf({}, events).slice(1)).toEqual([
    { reasoning_content: 'H' },
    { reasoning_content: 'm' },
    { content: 'x' },
    {
      thinking_blocks: [
        { type: 'thinking', thinking: 'Hm', signature: 's1s2' },
        { type: 'redacted_thinking', data: 'QUJD' },
      ],
    },
    'stop',
    '[DONE]',
  ])
})

test('citations come whole before the end, those of the web also as annotations', () => {
  const citation = { title: 'T', location: { web: { url: 'https://a' } } }
  const cite: Event = ['contentBlockDelta', { contentBlockIndex: 1, delta: { citation } }]
  const events = [START, text('One. '), stopOf(0), text('Two.', 1), cite, ...end('end_turn')]
  expect(choicesOf({}, events).slice(3, -2)).toEqual([
    {
      annotations: [
        { type: 'url_citation', url_citation: { start_index: 5, end_index: 9, title: 'T', url: 'https://a' } },
      ],
      citations: [citation],
    },
  ])
})

test('structured output by a tool streams as content', () => {
  const request = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } } }
  const tool = [useOf(1, 't1', 'n'), input('{"a"', 1), input(':1}', 1), stopOf(1)]
  const events = [START, text('<thinking>'), stopOf(0), ...tool, ...end('tool_use')]
  expect(choicesOf(request, events).slice(1)).toEqual([{ content: '{"a"' }, { content: ':1}' }, 'stop', '[DONE]'])
  const refusal = [START, text('Block'), text('ed.'), stopOf(0), ...end('guardrail_intervened')]
  expect(choicesOf(request, refusal).slice(1)).toEqual([{ content: 'Blocked.' }, 'content_filter', '[DONE]'])
})

test.each([
  [
    'an exception of Bedrock',
    ['throttlingException', { message: 'Too many requests' }] as Event,
    { message: 'Too many requests', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  ],
  [
    'an answer that is malformed',
    ['messageStop', { stopReason: 'malformed_tool_use' }] as Event,
    { type: 'server_error', code: 'model_error' },
  ],
])('%s is an error event, and nothing follows it', (_, event, error) => {
  const data = dataOf(streamOf({}, [START, text('x'), event, ...end('end_turn')]))
  expect(data).toHaveLength(3)
  expect(data.at(-1)).toEqual({ error: { message: expect.any(String), param: null, ...error } })
})

test('a failure of the stack is an error event without an end', () => {
  const { encodeError } = plan({ stream: true }).createFormat()
  expect(encodeError('ModelTimeoutException', 'Silent.').toString()).toBe(
    'data: {"error":{"message":"Silent.","type":"server_error","param":null,"code":"timeout"}}\n\n',
  )
})

test('a line break inside a payload does not break an event', () => {
  const format = plan({ stream: true }).createFormat()
  const [frame] = framesOf(['contentBlockDelta', {}])
  const payload = Buffer.from('{"contentBlockIndex":0,\n"delta":{\r\n"text":"a\\nb"}}')
  const stream = frame ? format.encode([{ ...frame, payload }]).toString() : ''
  expect(stream.match(/\n/g)).toHaveLength(2)
  expect(dataOf(stream)[0].choices[0].delta).toEqual({ content: 'a\nb' })
})

test('heartbeats are comments', () => {
  const { heartbeat, contentType, headers } = plan({ stream: true }).createFormat()
  expect(heartbeat?.toString()).toBe(': heartbeat\n\n')
  expect(contentType).toBe('text/event-stream; charset=utf-8')
  expect(headers).toEqual({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
})

test('events that are not known are left out', () => {
  expect(choicesOf({}, [START, ['somethingNew', { a: 1 }], ...end('end_turn')]).slice(1)).toEqual(['stop', '[DONE]'])
})

test('tool calls of a model that does not stream them come from its whole answer', () => {
  const request = { stream: true, tools: [{ type: 'function', function: { name: 'f' } }] }
  const { operation, createFormat } = plan(request, { modelId: LLAMA })
  expect(operation).toBe('Converse')
  expect(plan(request).operation).toBe('ConverseStream')
  expect(plan({ stream: true }, { modelId: LLAMA }).operation).toBe('ConverseStream')
  const content = [{ text: 'x' }, { toolUse: { toolUseId: 't1', name: 'f', input: { a: 1 } } }]
  const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 }
  const answer = JSON.stringify({ output: { message: { role: 'assistant', content } }, stopReason: 'tool_use', usage })
  const { body } = streamAnswer({ statusCode: 200, headers: {}, body: Buffer.from(answer) }, createFormat())
  const data = dataOf(Buffer.from(body).toString())
  expect(data.map((chunk) => chunk.choices?.[0].finish_reason ?? chunk.choices?.[0].delta ?? chunk)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { content: 'x' },
    { tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] },
    'tool_calls',
    '[DONE]',
  ])
})
