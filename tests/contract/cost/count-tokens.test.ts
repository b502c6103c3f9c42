import { createCountTokensRoute } from '../../../functions/invoke/count-tokens-route.ts'
import { type RunningEmulator, startEmulator, userMessage } from '../bedrock-emulator/support.ts'
import { type Asked, ask, asOf, connect, HAIKU, NOVA, prices, UNPRICED } from './support.ts'

let emulator: RunningEmulator
let route: ReturnType<typeof createCountTokensRoute>

beforeAll(async () => {
  emulator = await startEmulator()
  route = createCountTokensRoute({
    bedrock: connect(emulator.url),
    allowedModels: ['anthropic.*', '*.anthropic.*', 'amazon.*', 'meta.*'],
    inputLocations: { inputLocations: [] },
    prices,
    resolveModelId: (modelId) => (modelId === 'claude-haiku' ? HAIKU : modelId),
  })
})

afterAll(() => emulator.close())

const input = { converse: { messages: [userMessage('How many tokens is this?')] } }
const count = (document: unknown, asked: Asked) => ask(route, document, asked)

test("Bedrock's count is returned unchanged without maxTokens", async () => {
  const { body, headers, facts } = await count({ input }, { modelId: HAIKU })
  expect(body).toEqual({ inputTokens: expect.any(Number) })
  expect(headers['x-bedrock-functions-estimated']).toBeUndefined()
  expect(facts).toMatchObject({ modelId: HAIKU, inputTokens: body.inputTokens, attempts: 1 })
})

test.each<[where: string, changes: Asked, document: object]>([
  ['in the query', { query: { maxTokens: '200' } }, { input }],
  ['in a header', { headers: { 'x-bedrock-functions-max-tokens': '200' } }, { input }],
  ['in the body, as in a direct event', {}, { input, maxTokens: 200 }],
])('with maxTokens %s the answer has the cost', async (_, changes, document) => {
  const { body } = await count(document, { modelId: HAIKU, ...changes })
  const { inputTokens } = body
  expect(body).toEqual({
    inputTokens,
    estimate: {
      maxTokens: 200,
      inputUsd: Number(`${inputTokens}e-6`),
      maxOutputUsd: 0.001,
      totalUsd: Number(`${inputTokens + 1000}e-6`),
      currency: 'USD',
      priceDate: asOf,
    },
  })
})

test('an alias is counted and priced as its model', async () => {
  const { body, facts } = await count({ input }, { modelId: 'claude-haiku', query: { maxTokens: '1' } })
  expect(body.estimate.maxOutputUsd).toBe(0.000005)
  expect(facts.modelId).toBe(HAIKU)
})

test('the answer is an estimate and says so if Bedrock cannot count', async () => {
  const { body, headers } = await count({ input }, { modelId: NOVA, query: { maxTokens: '100' } })
  expect(body).toEqual({
    // 24 bytes are 6 tokens, and 3 for the message
    inputTokens: 9,
    estimated: true,
    estimatedBecause: expect.stringContaining("doesn't support counting tokens"),
    // 9 × 0.06 = 0.54; 100 × 0.24 = 24
    estimate: {
      maxTokens: 100,
      inputUsd: 0.00000054,
      maxOutputUsd: 0.000024,
      totalUsd: 0.00002454,
      currency: 'USD',
      priceDate: asOf,
    },
  })
  expect(headers['x-bedrock-functions-estimated']).toBe('true')
})

test('native bodies are estimated, and an unknown price is null', async () => {
  const body = Buffer.from(JSON.stringify({ prompt: 'sixteen bytes of' })).toString('base64')
  const answer = await count({ input: { invokeModel: { body } } }, { modelId: UNPRICED, query: { maxTokens: '5' } })
  expect(answer.body).toMatchObject({
    inputTokens: 4,
    estimated: true,
    estimate: { inputUsd: null, maxOutputUsd: null, totalUsd: null, priceDate: null },
  })
})

test('an input that cannot be estimated is an error with both reasons', async () => {
  const body = Buffer.from('{"taskType":"TEXT_IMAGE"}').toString('base64')
  await expect(count({ input: { invokeModel: { body } } }, { modelId: NOVA })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringMatching(/doesn't support counting tokens.*form is not known/),
  })
})

test("a mistake in the input is Bedrock's error with a model that counts", async () => {
  const blank = { converse: { messages: [userMessage('')] } }
  await expect(count({ input: blank }, { modelId: HAIKU })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('is blank'),
  })
})

test.each(['0', '-1', '1.5', 'many', ''])('maxTokens %p is refused', async (maxTokens) => {
  await expect(count({ input }, { modelId: HAIKU, query: { maxTokens } })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('maxTokens is'),
  })
})

test('maxTokens given twice, and a model that the stack does not allow, are refused', async () => {
  const twice = count({ input, maxTokens: 1 }, { modelId: HAIKU, query: { maxTokens: '1' } })
  await expect(twice).rejects.toMatchObject({ message: expect.stringContaining('given twice') })
  await expect(count({ input }, { modelId: 'qwen.qwen3-32b-v1:0' })).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
})

test('a tool property with the name maxTokens is not the limit', async () => {
  const schema = { type: 'object', properties: { maxTokens: { type: 'number' } } }
  const toolConfig = { tools: [{ toolSpec: { name: 'ask', inputSchema: { json: schema } } }] }
  const { body } = await count({ input: { converse: { ...input.converse, toolConfig } } }, { modelId: HAIKU })
  expect(body).toEqual({ inputTokens: expect.any(Number) })
})
