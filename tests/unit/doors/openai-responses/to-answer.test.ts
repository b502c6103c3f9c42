import { GPT_OSS, NOVA, plan, responses } from './support.ts'

const USAGE = { inputTokens: 3, outputTokens: 5, totalTokens: 8 }

/** Response to a whole answer of Converse with these blocks. */
function answerOf(request: object, content: string, { stopReason = 'end_turn', others = '', modelId = NOVA } = {}) {
  const call = plan({ store: false, ...request }, { modelId })
  const body = `{"output":{"message":{"role":"assistant","content":[${content}]}},"stopReason":"${stopReason}","usage":${JSON.stringify(USAGE)}${others}}`
  const reply = call.toAnswer({ statusCode: 200, headers: { 'content-length': '1' }, body: Buffer.from(body) })
  const text = Buffer.from(reply.body).toString()
  return { reply, text, response: JSON.parse(text), call }
}

test('the input of a tool keeps its bytes, and consecutive texts are one message', () => {
  const use = '{"toolUse":{"toolUseId":"c","name":"f","input":{"n": 12345678901234567890, "x": 1.10}}}'
  const { text, response } = answerOf({}, `{"text":"a"},{"text":"b"},${use}`, { stopReason: 'tool_use' })
  expect(text).toContain(String.raw`"arguments":"{\"n\": 12345678901234567890, \"x\": 1.10}"`)
  expect(response.output).toMatchObject([
    { type: 'message', content: [{ type: 'output_text', text: 'ab' }] },
    { type: 'function_call', call_id: 'c', name: 'f' },
  ])
  expect(response).toMatchObject({ status: 'completed', usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 } })
})

test('the settings of the request are echoed as they came', () => {
  const { text, response } = answerOf(
    { instructions: 'Be kind', tools: [{ type: 'function', name: 'f' }], text: { verbosity: 'medium' }, user: 'u' },
    '{"text":"a"}',
  )
  expect(text).toContain('"tools":[{"type":"function","name":"f"}]')
  expect(response).toMatchObject({
    instructions: 'Be kind',
    text: { format: { type: 'text' }, verbosity: 'medium' },
    user: 'u',
    store: false,
    error: null,
  })
})

test('a format by a tool is the text of a message, without the text beside it', () => {
  const text = { format: { type: 'json_schema', name: 'place', schema: { type: 'object' } } }
  const use = '{"toolUse":{"toolUseId":"c","name":"place","input":{"n": 1.0}}}'
  const { response, reply, call } = answerOf({ text }, `{"text":"Here:"},${use}`, { stopReason: 'tool_use' })
  expect(call.replyHeaders['x-bedrock-functions-structured-output']).toBe('tool')
  expect(reply.headers['content-type']).toBe('application/json')
  expect(response.output).toMatchObject([{ type: 'message', content: [{ text: '{"n": 1.0}' }] }])
  const plain = answerOf({ text }, '{"text":"No."}')
  expect(plain.response.output).toMatchObject([{ content: [{ text: 'No.' }] }])
})

test('a guardrail that intervened is an incomplete response with its trace', () => {
  const { response } = answerOf({}, '{"text":"Blocked"}', {
    stopReason: 'guardrail_intervened',
    others: ',"trace":{"guardrail":{"actionReason":"x"}},"serviceTier":{"type":"flex"}',
  })
  expect(response).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    service_tier: 'flex',
    'amazon-bedrock-trace': { guardrail: { actionReason: 'x' } },
  })
})

test('cited texts keep their citations', () => {
  const citation = '{"title":"D","location":{"documentChar":{"documentIndex":0,"start":0,"end":3}}}'
  const { response } = answerOf({}, `{"citationsContent":{"content":[{"text":"abc"}],"citations":[${citation}]}}`)
  expect(response.output[0].content[0]).toMatchObject({
    text: 'abc',
    annotations: [],
    citations: [JSON.parse(citation)],
  })
})

test('reasoning without a signature is content that is not sealed', () => {
  const include = ['reasoning.encrypted_content']
  const block = '{"reasoningContent":{"reasoningText":{"text":"hm"}}},{"text":"a"}'
  const { response } = answerOf({ include }, block, { modelId: GPT_OSS })
  expect(response.output[0]).toEqual({
    type: 'reasoning',
    id: expect.any(String),
    summary: [],
    content: [{ type: 'reasoning_text', text: 'hm' }],
  })
})

test('a malformed answer is an error with its status', () => {
  try {
    answerOf({}, '', { stopReason: 'malformed_model_output' })
    throw new Error('the answer is accepted')
  } catch (error) {
    expect(responses.toErrorReply(error as never).statusCode).toBe(502)
  }
})

test('Bedrock’s own door gets the bytes of the caller with the resolved model', () => {
  const body = '{ "model":"gpt", "input":"Hi", "unknown": 1.0 }'
  const call = responses
    .read({ headers: { 'openai-project': 'p', cookie: 'c' }, query: {}, body: Buffer.from(body) })
    .plan('bedrock', { modelId: 'global.openai.gpt-5.6-sol' })
  expect(Buffer.from(call.body).toString()).toBe(body.replace('"gpt"', '"global.openai.gpt-5.6-sol"'))
  expect(call).toMatchObject({ operation: 'OpenAIResponses', headers: { 'openai-project': 'p' } })
})

test.each([
  [{ previous_response_id: `resp_bf${'0'.repeat(32)}` }, true],
  [{ input: [{ type: 'item_reference', id: `msg_bf${'0'.repeat(36)}` }] }, true],
  [{ input: [{ role: 'user', content: [{ type: 'input_image', image_url: 's3://b/a.png' }] }] }, true],
  [{ previous_response_id: 'resp_0123456789' }, false],
  [{}, false],
])('%j needs the translation: %s', (request, expected) => {
  const body = Buffer.from(JSON.stringify({ model: 'm', input: 'Hello', ...request }))
  expect(responses.read({ headers: {}, query: {}, body }).needsConverse('m')).toBe(expected)
})
