import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConverseUsage, readNativeUsage } from '../../../layers/runtime/src/bedrock/read-usage.ts'
import { findPrice } from '../../../layers/runtime/src/models/catalogue.ts'
import { CATALOGUE } from '../../../layers/runtime/src/models/rows.ts'
import { completeUsage, estimateCost } from '../../../layers/runtime/src/pipeline/cost/estimate-cost.ts'
import { priceDirectCalls, withDirectPrices } from '../../../scripts/price-direct-calls.ts'
import { CONVERSE, createMachine, INVOKE_MODEL, STATES_ANSWER } from './support/run-machine.ts'

const machinePath = join(import.meta.dirname, '../../../statemachines/inference.asl.json')
const { prices } = priceDirectCalls(CATALOGUE)
const PROMPT = { prompt: 'Hi', mode: 'direct' }
const NO_TERMS = { mayWriteForAnHour: false, asksForTier: false, asksForSpeed: false }
const substitutions = { DirectModels: '*' }

test('the definition has the prices of the table of models; npm run docs updates them', () => {
  const text = readFileSync(machinePath, 'utf8')
  expect(withDirectPrices(text, CATALOGUE)).toBe(text)
  expect(Object.keys(prices).length).toBeGreaterThan(100)
})

test('every id costs what the functions estimate, to the last digit', async () => {
  const counts = { inputTokens: 12_345, outputTokens: 6_789, cacheReadInputTokens: 77, cacheWriteInputTokens: 33 }
  const usages = [
    { inputTokens: 1, outputTokens: 1 },
    { inputTokens: 3, outputTokens: 0, cacheReadInputTokens: 1 },
    counts,
    {
      ...counts,
      cacheDetails: [
        { ttl: '5m', inputTokens: 11 },
        { ttl: '1h', inputTokens: 22 },
      ],
    },
    { ...counts, cacheDetails: [{ ttl: '1h', inputTokens: 33 }] },
    { inputTokens: 7 },
    {},
  ]
  for (const [at, modelId] of Object.keys(prices).entries()) {
    // Ids of one model follow each other: all its usages are tried.
    const usage = usages[at % usages.length] ?? {}
    const { run } = createMachine({ substitutions, results: { [CONVERSE]: { ...STATES_ANSWER, Usage: spell(usage) } } })
    const { result } = await run({ ...PROMPT, modelId })
    const usageOfFunction = completeUsage(readConverseUsage({ usage }), NO_TERMS)
    const expected = estimateCost(usageOfFunction, await findPrice(modelId, 'us-east-1'))
    expect([modelId, usage, result.estimatedCost]).toEqual([modelId, usage, expected])
  }
})

function spell(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spell)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toUpperCase() + name.slice(1), spell(member)]),
  )
}

test.each([
  ['global.anthropic.claude-sonnet-4-6', { usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 3 } }],
  [
    'global.anthropic.claude-sonnet-4-6',
    {
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        cache_creation_input_tokens: 9,
        cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
      },
    },
  ],
  ['us.amazon.nova-lite-v1:0', { usage: { inputTokens: 10, outputTokens: 5, cacheReadInputTokenCount: 4 } }],
  [
    'openai.gpt-oss-120b-1:0',
    { usage: { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 0 } } },
  ],
  ['us.meta.llama3-3-70b-instruct-v1:0', { prompt_token_count: 10, generation_token_count: 5 }],
  ['amazon.titan-embed-text-v2:0', { inputTextTokenCount: 10, embedding: [1] }],
  ['amazon.titan-embed-text-v2:0', { embedding: [1] }],
])('a native answer of %s costs what the functions estimate: %j', async (modelId, answer) => {
  const Body = { content: [], ...answer }
  const { run } = createMachine({
    substitutions,
    results: { [INVOKE_MODEL]: { Body, ContentType: 'application/json' } },
  })
  const { result } = await run({ invokeModel: { max_tokens: 100 }, mode: 'direct', modelId })
  const usage = completeUsage(readNativeUsage(answer), NO_TERMS)
  expect(result.estimatedCost).toEqual(estimateCost(usage, await findPrice(modelId, 'us-east-1')))
})

describe('an unknown cost is null, with the reason', () => {
  const modelId = 'global.anthropic.claude-sonnet-4-6'
  const converse = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }
  const costOf = async (request: object, answer: object = {}, region = 'us-east-1') => {
    const results = { [CONVERSE]: { ...STATES_ANSWER, ...answer } }
    const { run } = createMachine({ substitutions, results, region })
    return (await run({ mode: 'direct', converse, modelId, ...request })).result.estimatedCost
  }

  test.each([
    ['no known price', { modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc' }, {}],
    ['no known price', { modelId: 'example.new-model-v1:0' }, {}],
    ['Latency-optimized', {}, { PerformanceConfig: { Latency: 'optimized' } }],
    ['Latency-optimized', { converse: { ...converse, performanceConfig: { latency: 'optimized' } } }, {}],
    ['service tier flex', {}, { ServiceTier: { Type: 'flex' } }],
    ['asked for and not confirmed', { converse: { ...converse, serviceTier: { type: 'flex' } } }, {}],
    ['input tokens', {}, { Usage: {} }],
    [
      'how long',
      { converse: { ...converse, system: [{ cachePoint: { type: 'default', ttl: '1h' } }] } },
      { Usage: { InputTokens: 1, OutputTokens: 1, CacheWriteInputTokens: 5 } },
    ],
  ])('%s', async (reason, request, answer) => {
    expect(await costOf(request, answer)).toMatchObject({ usd: null, reason: expect.stringContaining(reason) })
  })

  test('a bare id has a price in the Regions of the USA only', async () => {
    const bare = { modelId: 'amazon.nova-lite-v1:0' }
    for (const [region, isKnown] of [
      ['us-west-2', true],
      ['eu-central-1', false],
      ['us-gov-west-1', false],
    ] as const) {
      expect((await findPrice(bare.modelId, region)) !== undefined).toBe(isKnown)
      expect((await costOf(bare, {}, region)).usd !== null).toBe(isKnown)
    }
  })

  test('an ARN of a model or profile has the price of its id', async () => {
    const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${modelId}`
    expect(await costOf({ modelId: arn })).toEqual(await costOf({}))
  })
})
