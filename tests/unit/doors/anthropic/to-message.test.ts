import { RestError } from '@bedrock-functions/runtime/core'
import { HAIKU, plan } from './support.ts'

const answer = (document: object | string, modelId = HAIKU) => {
  const body = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document))
  const reply = plan({}, { modelId }).toAnswer({ statusCode: 200, headers: {}, body })
  return { ...reply, text: Buffer.from(reply.body).toString() }
}
const converse = (content: object[], others: object = {}) => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
  ...others,
})

test('an answer has the shape of a message', () => {
  const { text, headers, statusCode } = answer(converse([{ text: 'Hi' }], { estimatedCost: { usd: 1 } }))
  const [, id] = /"id":"(msg_bdrk_[0-9a-f]{24})"/.exec(text) ?? []
  expect(text).toBe(
    `{"id":"${id}","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}}`,
  )
  expect(statusCode).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'application/json' })
})

test('texts and inputs keep their bytes', () => {
  const input = '{ "n" : 12345678901234567890.10, "s":"\\u00e9\\ud800" }'
  const { text } = answer(
    `{"output":{"message":{"content":[{"text":"\\u00e9"},{"toolUse":{"toolUseId":"t","name":"f","input":${input}}}]}},"stopReason":"tool_use"}`,
  )
  expect(text).toContain(
    `"content":[{"type":"text","text":"\\u00e9"},{"type":"tool_use","id":"t","name":"f","input":${input}}],"stop_reason":"tool_use"`,
  )
})

test('reasoning keeps its signature', () => {
  const { text } = answer(
    converse([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
      { reasoningContent: { redactedContent: 'AAAA' } },
    ]),
  )
  expect(JSON.parse(text).content).toEqual([
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'redacted_thinking', data: 'AAAA' },
  ])
})

test('cached tokens are stated, by their time to live', () => {
  const usage = {
    inputTokens: 3,
    outputTokens: 5,
    cacheReadInputTokens: 7,
    cacheWriteInputTokens: 11,
    cacheDetails: [
      { ttl: '5m', inputTokens: 4 },
      { ttl: '1h', inputTokens: 7 },
    ],
  }
  expect(JSON.parse(answer(converse([{ text: 'x' }], { usage })).text).usage).toEqual({
    input_tokens: 3,
    output_tokens: 5,
    cache_creation_input_tokens: 11,
    cache_read_input_tokens: 7,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 7 },
  })
})

test.each([
  ['end_turn', 'end_turn'],
  ['tool_use', 'tool_use'],
  ['max_tokens', 'max_tokens'],
  ['stop_sequence', 'stop_sequence'],
  ['guardrail_intervened', 'refusal'],
  ['content_filtered', 'refusal'],
  ['model_context_window_exceeded', 'model_context_window_exceeded'],
])('the stop reason %s becomes %s', (stopReason, stop_reason) => {
  expect(JSON.parse(answer(converse([{ text: 'x' }], { stopReason })).text)).toMatchObject({ stop_reason })
})

test.each(['malformed_model_output', 'malformed_tool_use'])(
  'the stop reason %s is an error of the model',
  (stopReason) => {
    expect(() => answer(converse([], { stopReason }))).toThrow(RestError)
  },
)

test('the sequence that stopped the model is stated', () => {
  const stopped = { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }
  expect(JSON.parse(answer(converse([{ text: 'x' }], stopped)).text)).toMatchObject({ stop_sequence: 'END' })
})

test('an empty answer has no content', () => {
  expect(JSON.parse(answer(converse([])).text).content).toEqual([])
})

test('an answer without a message is an error of the model', () => {
  expect(() => answer({})).toThrow(expect.objectContaining({ name: 'ModelErrorException' }))
})

const cited = (location: object) =>
  converse([
    {
      citationsContent: {
        content: [{ text: 'a' }, { text: 'b' }],
        citations: [{ title: 'T', source: 'S', sourceContent: [{ text: 'c' }], location }],
      },
    },
  ])

test.each([
  [
    { documentChar: { documentIndex: 1, start: 2, end: 3 } },
    { type: 'char_location', document_title: 'T', document_index: 1, start_char_index: 2, end_char_index: 3 },
  ],
  [
    { documentPage: { documentIndex: 1, start: 2, end: 3 } },
    { type: 'page_location', document_title: 'T', document_index: 1, start_page_number: 2, end_page_number: 3 },
  ],
  [
    { documentChunk: { documentIndex: 1, start: 2, end: 3 } },
    {
      type: 'content_block_location',
      document_title: 'T',
      document_index: 1,
      start_block_index: 2,
      end_block_index: 3,
    },
  ],
  [
    { searchResultLocation: { searchResultIndex: 1, start: 2, end: 3 } },
    {
      type: 'search_result_location',
      title: 'T',
      source: 'S',
      search_result_index: 1,
      start_block_index: 2,
      end_block_index: 3,
    },
  ],
])('the citation at %j becomes %j', (location, expected) => {
  expect(JSON.parse(answer(cited(location)).text).content).toEqual([
    { type: 'text', text: 'ab', citations: [{ cited_text: 'c', ...expected }] },
  ])
})
