import { readUsage } from '../../../layers/runtime/src/bedrock/read-usage.ts'
import type { DetailedUsage } from '../../../layers/runtime/src/core/model-call.ts'

const toBody = (document: unknown) => Buffer.from(JSON.stringify(document))

test('the usage of Converse is in its document, with cache writes by lifetime', () => {
  const body = toBody({
    output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
    usage: {
      inputTokens: 10,
      outputTokens: 2,
      totalTokens: 512,
      cacheReadInputTokens: 200,
      cacheWriteInputTokens: 300,
      cacheDetails: [
        { ttl: '1h', inputTokens: 100 },
        { ttl: '5m', inputTokens: 150 },
        { ttl: '5m', inputTokens: 50 },
      ],
    },
    serviceTier: { type: 'flex' },
    performanceConfig: { latency: 'standard' },
  })
  expect(readUsage('Converse', { headers: {}, body })).toEqual({
    inputTokens: 10,
    outputTokens: 2,
    cacheReadInputTokens: 200,
    cacheWriteInputTokens: 300,
    cacheWrite5mInputTokens: 200,
    cacheWrite1hInputTokens: 100,
    serviceTier: 'flex',
    latency: 'standard',
  })
})

const FAMILIES: [family: string, answer: unknown, usage: DetailedUsage][] = [
  [
    'Claude',
    {
      content: [{ type: 'tool_use', input: { usage: { input_tokens: 999 } } }],
      usage: {
        input_tokens: 18,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 5,
        output_tokens: 79,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
    },
    {
      inputTokens: 18,
      outputTokens: 79,
      cacheReadInputTokens: 5,
      cacheWriteInputTokens: 30,
      cacheWrite5mInputTokens: 10,
      cacheWrite1hInputTokens: 20,
    },
  ],
  [
    'Nova',
    { usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokenCount: 3, cacheWriteInputTokenCount: 4 } },
    { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3, cacheWriteInputTokens: 4 },
  ],
  [
    'chat completions, which count cached tokens among the prompt',
    { usage: { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 64 } } },
    { inputTokens: 36, outputTokens: 7, cacheReadInputTokens: 64 },
  ],
  ['Llama', { prompt_token_count: 4, generation_token_count: 5 }, { inputTokens: 4, outputTokens: 5 }],
  [
    'Titan Text',
    { inputTextTokenCount: 3, results: [{ tokenCount: 2 }, { tokenCount: 9 }] },
    { inputTokens: 3, outputTokens: 11 },
  ],
  ['an embedding', { embedding: [0.1], inputTextTokenCount: 6 }, { inputTokens: 6 }],
  ['a family that does not say', { generation: 'x' }, {}],
]

test.each(FAMILIES)('the usage is in the native body of %s', (_, answer, usage) => {
  expect(readUsage('InvokeModel', { headers: {}, body: toBody(answer) })).toEqual(usage)
})

const headers = {
  'x-amzn-bedrock-input-token-count': '8',
  'x-amzn-bedrock-output-token-count': '9',
  'x-amzn-bedrock-cache-read-input-token-count': '1',
  'x-amzn-bedrock-cache-write-input-token-count': '2',
  'x-amzn-bedrock-service-tier': 'priority',
  'x-amzn-bedrock-performanceconfig-latency': 'optimized',
}

test('the usage of InvokeModel is in headers, and the body has more', () => {
  const told = {
    inputTokens: 8,
    outputTokens: 9,
    cacheReadInputTokens: 1,
    cacheWriteInputTokens: 2,
    serviceTier: 'priority',
    latency: 'optimized',
  }
  expect(readUsage('InvokeModel', { headers, body: Buffer.from('{"images":["aGk="]}') })).toEqual(told)
  const body = toBody({
    usage: { input_tokens: 8, output_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 2 } },
  })
  expect(readUsage('InvokeModel', { headers, body })).toEqual({ ...told, cacheWrite1hInputTokens: 2 })
})

test.each([
  ['no JSON', Buffer.from('"usage"')],
  ['no counts', toBody({ usage: { input_tokens: 'many', output_tokens: -1, cache_read_input_tokens: 1.5 } })],
  ['null', toBody({ usage: null })],
])('%s has no usage', (_, body) => {
  const empty = { 'x-amzn-bedrock-input-token-count': '', 'x-amzn-bedrock-output-token-count': 'x' }
  expect(readUsage('InvokeModel', { headers: empty, body })).toEqual({})
  expect(readUsage('Converse', { headers: {}, body })).toEqual({})
})
