import { chatCompletions } from '../../../../layers/runtime/src/doors/openai-chat/chat-completions.ts'
import { CLAUDE_4_5, NOVA, plan } from './support.ts'

const USAGE = { inputTokens: 3, outputTokens: 5, totalTokens: 8 }
const SCHEMA_REQUEST = {
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
}

function answerTo(request: object, answer: string | object, modelId = NOVA) {
  const body = typeof answer === 'string' ? answer : JSON.stringify({ usage: USAGE, stopReason: 'end_turn', ...answer })
  return plan(request, { modelId }).toAnswer({ statusCode: 200, headers: { 'x-a': 'b' }, body: Buffer.from(body) })
}

function completion(content: object[], others: object = {}, request: object = {}): ReturnType<typeof JSON.parse> {
  const { body } = answerTo(request, { output: { message: { role: 'assistant', content } }, ...others })
  return JSON.parse(Buffer.from(body).toString())
}

test('an answer has the exact shape of a chat completion', () => {
  const { headers, body, statusCode } = answerTo(
    {},
    String.raw`{"metrics":{"latencyMs":1},"output":{"message":{"content":[{"text":"a\u00e9"},{"text":"b"}],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":5,"totalTokens":8}}`,
  )
  const text = Buffer.from(body).toString()
  const { id, created } = JSON.parse(text)
  expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/)
  expect(Math.abs(created - Date.now() / 1_000)).toBeLessThan(5)
  expect(text).toBe(
    `{"id":"${id}","object":"chat.completion","created":${created},"model":"${NOVA}","choices":[{"index":0,` +
      String.raw`"message":{"role":"assistant","content":"a\u00e9b","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
      '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}',
  )
  expect({ statusCode, headers }).toEqual({
    statusCode: 200,
    headers: { 'x-a': 'b', 'content-type': 'application/json' },
  })
})

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['something_new', 'stop'],
])('the stop reason %s becomes %s', (stopReason, finish_reason) => {
  expect(completion([{ text: 'x' }], { stopReason }).choices[0]).toMatchObject({ finish_reason, logprobs: null })
})

test.each(['malformed_model_output', 'malformed_tool_use'])('%s is an error of the model', (stopReason) => {
  const fail = () => completion([], { stopReason })
  expect(fail).toThrow(expect.objectContaining({ name: 'ModelErrorException' }))
})

test('an empty answer has no content', () => {
  expect(completion([]).choices[0].message).toEqual({ role: 'assistant', content: null, refusal: null })
})

test('inputs of tools are copied as they are written', () => {
  const { body } = answerTo(
    {},
    '{"output":{"message":{"content":[{"text":"I look."},{"toolUse":{"toolUseId":"t1","name":"f","input":{"n": 12345678901234567890}}},{"toolUse":{"toolUseId":"t2","name":"g","input":{},"type":"tool_use"}}]}},"stopReason":"tool_use","usage":{}}',
  )
  const [{ message, finish_reason }] = JSON.parse(Buffer.from(body).toString()).choices
  expect(finish_reason).toBe('tool_calls')
  expect(message).toEqual({
    role: 'assistant',
    content: 'I look.',
    refusal: null,
    tool_calls: [
      { id: 't1', type: 'function', function: { name: 'f', arguments: '{"n": 12345678901234567890}' } },
      { id: 't2', type: 'function', function: { name: 'g', arguments: '{}' } },
    ],
  })
})

test('tools that Bedrock itself runs are no tool calls', () => {
  const use = { toolUseId: 't1', name: 'nova_grounding', input: {}, type: 'server_tool_use' }
  const result = { toolUseId: 't1', content: [{ text: 'found' }] }
  const { message } = completion([{ toolUse: use }, { toolResult: result }, { text: 'x' }]).choices[0]
  expect(message).toEqual({ role: 'assistant', content: 'x', refusal: null })
})

test('reasoning comes as text, and as blocks with signatures', () => {
  const { message } = completion([
    { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
    { reasoningContent: { redactedContent: 'QUJD' } },
    { reasoningContent: { reasoningText: { text: '…' } } },
    { text: 'x' },
  ]).choices[0]
  expect(message).toEqual({
    role: 'assistant',
    content: 'x',
    refusal: null,
    reasoning_content: 'Hm…',
    thinking_blocks: [
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'redacted_thinking', data: 'QUJD' },
      { type: 'thinking', thinking: '…' },
    ],
  })
})

test('citations of the web become annotations, and all citations are kept', () => {
  const web = { title: 'T', location: { web: { url: 'https://a', domain: 'a' } } }
  const page = { title: 'D', location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } }
  const { message } = completion([
    { text: 'One. ' },
    { citationsContent: { content: [{ text: 'Two.' }], citations: [web, page] } },
  ]).choices[0]
  expect(message).toEqual({
    role: 'assistant',
    content: 'One. Two.',
    refusal: null,
    annotations: [
      { type: 'url_citation', url_citation: { start_index: 5, end_index: 9, title: 'T', url: 'https://a' } },
    ],
    citations: [web, page],
  })
})

test('tokens of caches belong to the prompt', () => {
  const usage = { inputTokens: 3, outputTokens: 5, cacheReadInputTokens: 10, cacheWriteInputTokens: 20 }
  expect(completion([], { usage }).usage).toEqual({
    prompt_tokens: 33,
    completion_tokens: 5,
    total_tokens: 38,
    prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 20 },
  })
})

test('the service tier and the trace of a guardrail are stated as Bedrock itself does', () => {
  const guardrail = { actionReason: 'blocked' }
  const stated = completion([], {
    serviceTier: { type: 'flex' },
    trace: { guardrail },
    stopReason: 'guardrail_intervened',
  })
  expect(stated).toMatchObject({
    service_tier: 'flex',
    'amazon-bedrock-guardrailAction': 'INTERVENED',
    'amazon-bedrock-trace': { guardrail },
  })
})

test('structured output by a tool is the content, and the end is a normal one', () => {
  const toolUse = { toolUseId: 't1', name: 'n', input: { a: '"' } }
  const [{ message, finish_reason }] = completion(
    [{ text: '<thinking>' }, { toolUse }],
    { stopReason: 'tool_use' },
    SCHEMA_REQUEST,
  ).choices
  expect(finish_reason).toBe('stop')
  expect(message).toEqual({ role: 'assistant', content: '{"a":"\\""}', refusal: null })
})

test('a text is the content if the model does not use the tool for structured output', () => {
  const others = { stopReason: 'guardrail_intervened' }
  expect(completion([{ text: 'Blocked.' }], others, SCHEMA_REQUEST).choices[0]).toMatchObject({
    message: { content: 'Blocked.' },
    finish_reason: 'content_filter',
  })
})

test("Bedrock's own door gets the caller's bytes with the resolved model", () => {
  const body = '{ "model" : "gpt-oss", "n":2, "x":1.0 }'
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'abc',
    authorization: 'Bearer x',
    'openai-project': 'default',
  }
  const request = chatCompletions.read({ headers, query: {}, body: Buffer.from(body) })
  const call = request.plan('bedrock', { modelId: 'openai.gpt-oss-120b-1:0' })
  expect(Buffer.from(call.body).toString()).toBe(body.replace('gpt-oss', 'openai.gpt-oss-120b-1:0'))
  expect(call.headers).toEqual({ 'x-amzn-bedrock-guardrailidentifier': 'abc', 'openai-project': 'default' })
  expect(Buffer.from(request.plan('bedrock', { modelId: 'gpt-oss' }).body).toString()).toBe(body)
})

test.each([
  ['no model', '{"messages":[]}', 'model'],
  ['a stream that is a text', '{"model":"m","stream":"yes"}', 'stream'],
])('%s is refused by name', (_, body, param) => {
  const read = () => chatCompletions.read({ headers: {}, query: {}, body: Buffer.from(body) })
  expect(read).toThrow(expect.objectContaining({ details: expect.objectContaining({ param }) }))
})

test('a body that is not JSON is a bad request', () => {
  const read = () => chatCompletions.read({ headers: {}, query: {}, body: Buffer.from('{"model"') })
  expect(read).toThrow(expect.objectContaining({ name: 'ValidationException' }))
})

test('the model of a Claude answer is the resolved one', () => {
  const answer = { output: { message: { content: [{ text: 'x' }] } } }
  expect(JSON.parse(Buffer.from(answerTo({}, answer, CLAUDE_4_5).body).toString()).model).toBe(CLAUDE_4_5)
})
