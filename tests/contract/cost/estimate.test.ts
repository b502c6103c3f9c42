import { createEstimateRoute } from '../../../functions/invoke/estimate-route.ts'
import { type RunningEmulator, startEmulator, userMessage } from '../bedrock-emulator/support.ts'
import { ask, asOf, connect, HAIKU, HAIKU_US, NOVA, prices, UNPRICED } from './support.ts'

let emulator: RunningEmulator
let route: ReturnType<typeof createEstimateRoute>
const counted: string[] = []

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: ({ operation }) => void counted.push(String(operation)) })
  route = createEstimateRoute({
    bedrock: connect(emulator.url),
    allowedModels: ['anthropic.*', '*.anthropic.*', 'amazon.*', 'meta.*'],
    inputLocations: { inputLocations: [] },
    prices,
    resolveModelId: (modelId) => (modelId === 'claude-haiku' ? HAIKU : modelId),
  })
})

beforeEach(() => {
  counted.length = 0
})

afterAll(() => emulator.close())

const text = 'How many tokens is this?'
const input = { converse: { messages: [userMessage(text)] } }
const usd = (millionths: number) => Number((millionths / 1e6).toFixed(10))

test('models are compared by the cost of the request', async () => {
  const { body, facts } = await ask(route, { modelIds: [HAIKU_US, NOVA, HAIKU], input, maxTokens: 100 })
  const [us, nova, global] = body.models
  const { inputTokens } = global
  expect(body).toMatchObject({ maxTokens: 100, serviceTier: 'default', sortBy: 'asked' })
  expect(global).toEqual({
    modelId: HAIKU,
    inputTokens,
    estimated: false,
    estimate: {
      inputUsd: usd(inputTokens),
      maxOutputUsd: 0.0005,
      totalUsd: usd(inputTokens + 500),
      currency: 'USD',
      priceDate: asOf,
    },
  })
  expect(us).toMatchObject({ modelId: HAIKU_US, inputTokens, estimate: { totalUsd: usd(1.1 * inputTokens + 550) } })
  expect(nova).toMatchObject({ modelId: NOVA, inputTokens: 9, estimated: true, estimate: { totalUsd: 0.00002454 } })
  expect(facts).toEqual({ models: 3 })
  // Two profiles of one model need one count.
  expect(counted).toEqual(['CountTokens', 'CountTokens'])
})

test('models are sorted by the requested key, and unknown values are null and last', async () => {
  const modelIds = [UNPRICED, HAIKU_US, HAIKU, NOVA]
  const { body } = await ask(route, { modelIds, input, maxTokens: 100, sortBy: 'totalUsd' })
  expect(body.models.map(({ modelId }: { modelId: string }) => modelId)).toEqual([NOVA, HAIKU, HAIKU_US, UNPRICED])
  expect(body.models[3].estimate).toMatchObject({ totalUsd: null, reason: 'The model has no known price.' })
})

test('caches, tiers and aliases are part of the estimate', async () => {
  const long = { converse: { messages: [userMessage('token '.repeat(5000))] } }
  const { body } = await ask(route, {
    modelIds: ['claude-haiku'],
    input: long,
    maxTokens: 100,
    cacheReadTokens: 3000,
    cacheWriteTokens: 1000,
    cacheTtl: '1h',
    serviceTier: 'flex',
  })
  const [{ inputTokens, resolvedModelId, estimate }] = body.models
  expect(resolvedModelId).toBe(HAIKU)
  // Half of: the rest × 1; 3,000 × 0.1 = 300; 1,000 × 2 = 2,000; 100 × 5 = 500
  expect(estimate.inputUsd).toBe(usd((inputTokens - 4000 + 300 + 2000) / 2))
  expect(estimate.totalUsd).toBe(usd((inputTokens - 4000 + 300 + 2000 + 500) / 2))
})

test("a native body is counted by its own family's model and estimated for others", async () => {
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: text }] }
  const asked = { modelIds: [HAIKU, UNPRICED], input: { invokeModel: { body } }, maxTokens: 9 }
  const [haiku, llama] = (await ask(route, asked)).body.models
  expect(haiku.estimated).toBe(false)
  expect(llama).toMatchObject({ estimated: true, inputTokens: 9 })
})

test('a cache larger than the input, and a model that is not allowed, are errors', async () => {
  const asked = { modelIds: [HAIKU], input, maxTokens: 1 }
  await expect(ask(route, { ...asked, cacheReadTokens: 9000 })).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringMatching(/are 9000 together/),
  })
  await expect(ask(route, { ...asked, modelIds: [HAIKU, 'qwen.qwen3-32b-v1:0'] })).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
})
