import { createPriceBook } from '@bedrock-functions/runtime/pipeline'
import { highestCost } from '../../../layers/runtime/src/pipeline/usage/highest-cost.ts'

const prices = {
  find: async () => ({ asOf: '2026-11-10', input: 10, cacheWrite5m: 12, output: 100, tiers: { priority: 2 } }),
}
const CLAUDE = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
const CONTEXT = 200_000

const cost = (document: object, changes: { modelId?: string; headers?: Record<string, string> } = {}) => {
  const body = Buffer.from(JSON.stringify(document))
  return highestCost({ modelId: CLAUDE, headers: {}, body, ...changes }, prices)
}
/** Dollars of tokens at the highest prices. */
const dollars = (input: number, output: number) => Number(((input * 12 + output * 100) / 1e6).toFixed(10))
const sizeOf = (document: object) => Buffer.byteLength(JSON.stringify(document))

test.each([
  ['Converse', { messages: [], inferenceConfig: { maxTokens: 50 } }],
  ['Claude and Chat Completions', { messages: [], max_tokens: 50 }],
  ['newer Chat Completions', { messages: [], max_completion_tokens: 50 }],
  ['Responses', { input: 'Hi', max_output_tokens: 50 }],
  ['Llama', { prompt: 'Hi', max_gen_len: 50 }],
  ['Titan', { inputText: 'Hi', textGenerationConfig: { maxTokenCount: 50 } }],
  ['Nova', { messages: [], inferenceConfig: { max_new_tokens: 50 } }],
  ['two limits', { messages: [], inferenceConfig: { maxTokens: 5 }, additionalModelRequestFields: { max_tokens: 50 } }],
])('each byte of a request of %s is a token, and the answer has its limit', async (_, document) => {
  expect(await cost(document)).toBe(dollars(sizeOf(document) + 1000, 50))
})

test('without a limit the answer has that of the model', async () => {
  const own = { input: 0, output: 0, asOf: '' }
  const free = await highestCost(
    { modelId: CLAUDE, headers: {}, body: Buffer.from('{}') },
    { find: async () => ({ ...own, output: 1e6 }) },
  )
  expect(free).toBe(64_000)
  expect(await highestCost({ modelId: 'unknown', headers: {}, body: Buffer.from('{}') }, prices)).toBeUndefined()
})

test('an image counts with its largest size, and media of unknown size as the whole context', async () => {
  const image = { messages: [{ content: [{ image: { source: {} } }, { image: {} }] }], max_tokens: 1 }
  expect(await cost(image)).toBe(dollars(sizeOf(image) + 1000 + 4000, 1))
  const document = { messages: [{ content: [{ document: { source: { bytes: 'AA==' } } }] }], max_tokens: 1 }
  expect(await cost(document)).toBe(dollars(CONTEXT, 1))
  const long = { messages: [{ content: [{ text: 'x'.repeat(2 * CONTEXT) }] }], max_tokens: 1 }
  expect(await cost(long)).toBe(dollars(CONTEXT, 1))
})

test('a request that may get another tier counts at the highest price of its tiers', async () => {
  const document = { messages: [], max_tokens: 1, serviceTier: { type: 'priority' } }
  expect(await cost(document)).toBeCloseTo(2 * dollars(sizeOf(document) + 1000, 1), 8)
  const headers = { 'x-amzn-bedrock-service-tier': 'priority' }
  const plain = { max_tokens: 1 }
  expect(await cost(plain, { headers })).toBeCloseTo(2 * dollars(sizeOf(plain) + 1000, 1), 8)
})

test('a model without a price has no highest cost, and an embedding needs no limit', async () => {
  const body = Buffer.from('{"inputText":"Hello"}')
  const book = createPriceBook({ region: 'us-east-1' })
  expect(await highestCost({ modelId: 'custom', headers: {}, body }, book)).toBeUndefined()
  expect(await highestCost({ modelId: 'amazon.titan-embed-text-v1', headers: {}, body }, book)).toBeGreaterThan(0)
})
