import type { DetailedUsage } from '../../../layers/runtime/src/core/model-call.ts'
import type { ModelPrice } from '../../../layers/runtime/src/models/model-row.ts'
import { costHeaders, estimateCost } from '../../../layers/runtime/src/pipeline/cost/estimate-cost.ts'

const asOf = '2026-11-10'
const tiers = { flex: 0.5, priority: 1.75 }

/** Prices of Sonnet 4.5, global profile. */
const GLOBAL: ModelPrice = { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6, tiers, asOf }
/** Prices of a geographic profile: a tenth more. */
const GEOGRAPHIC: ModelPrice = {
  input: 3.3,
  output: 16.5,
  cacheRead: 0.33,
  cacheWrite5m: 4.125,
  cacheWrite1h: 6.6,
  asOf,
}
const NOVA_MICRO: ModelPrice = { input: 0.035, output: 0.14, cacheRead: 0.00875, cacheWrite5m: 0.035, asOf }
const NOVA_EU: ModelPrice = { input: 0.374, output: 3.157, cacheRead: 0.0935, cacheWrite5m: 0.374, tiers, asOf }
const LLAMA: ModelPrice = { input: 0.72, output: 0.72, asOf }
const EMBEDDING: ModelPrice = { input: 0.02, output: 0, asOf }

/** Cases worked out by hand: tokens × price / 1,000,000, summed, × the tier's factor. */
const CASES: [what: string, price: ModelPrice, usage: DetailedUsage, usd: number][] = [
  // 1,000 × 3 = 3,000; 500 × 15 = 7,500
  ['input and output', GLOBAL, { inputTokens: 1000, outputTokens: 500 }, 0.0105],
  // 1,000 × 3.3 = 3,300; 500 × 16.5 = 8,250
  ["a profile's premium", GEOGRAPHIC, { inputTokens: 1000, outputTokens: 500 }, 0.01155],
  // 1 × 3
  ['a single token', GLOBAL, { inputTokens: 1, outputTokens: 0 }, 0.000003],
  // 1 × 0.035
  ['a single cheap token', NOVA_MICRO, { inputTokens: 1, outputTokens: 0 }, 0.000000035],
  ['nothing', GLOBAL, { inputTokens: 0, outputTokens: 0 }, 0],
  // 20 × 3 = 60; 100 × 15 = 1,500; 10,000 × 0.3 = 3,000
  ['a cache read', GLOBAL, { inputTokens: 20, outputTokens: 100, cacheReadInputTokens: 10_000 }, 0.00456],
  // 60; 1,500; 10,000 × 3.75 = 37,500
  [
    'a cache write for five minutes',
    GLOBAL,
    { inputTokens: 20, outputTokens: 100, cacheWriteInputTokens: 10_000, cacheWrite5mInputTokens: 10_000 },
    0.03906,
  ],
  // 60; 1,500; 10,000 × 6 = 60,000
  [
    'a cache write for an hour',
    GLOBAL,
    { inputTokens: 20, outputTokens: 100, cacheWriteInputTokens: 10_000, cacheWrite1hInputTokens: 10_000 },
    0.06156,
  ],
  // 60; 1,500; 4,096 × 3.75 = 15,360; 8,192 × 6 = 49,152; 2,048 × 0.3 = 614.4
  [
    'both writes and a read',
    GLOBAL,
    {
      inputTokens: 20,
      outputTokens: 100,
      cacheReadInputTokens: 2048,
      cacheWriteInputTokens: 12_288,
      cacheWrite5mInputTokens: 4096,
      cacheWrite1hInputTokens: 8192,
    },
    0.0666864,
  ],
  // 7 × 3.3 = 23.1; 11 × 16.5 = 181.5; 1,024 × 0.33 = 337.92; 2,000 × 4.125 = 8,250; 3,000 × 6.6 = 19,800
  [
    'all of it with the premium',
    GEOGRAPHIC,
    {
      inputTokens: 7,
      outputTokens: 11,
      cacheReadInputTokens: 1024,
      cacheWriteInputTokens: 5000,
      cacheWrite5mInputTokens: 2000,
      cacheWrite1hInputTokens: 3000,
    },
    0.02859252,
  ],
  // 0.0105 × 0.5
  ['the flex tier', GLOBAL, { inputTokens: 1000, outputTokens: 500, serviceTier: 'flex' }, 0.00525],
  // 0.0105 × 1.75
  ['the priority tier', GLOBAL, { inputTokens: 1000, outputTokens: 500, serviceTier: 'priority' }, 0.018375],
  ['the default tier', GLOBAL, { inputTokens: 1000, outputTokens: 500, serviceTier: 'default' }, 0.0105],
  // (3 × 0.374 + 7 × 3.157 + 1,537 × 0.0935) × 0.5 = (1.122 + 22.099 + 143.7095) × 0.5 = 83.46525
  [
    'a tier with a cache read',
    NOVA_EU,
    { inputTokens: 3, outputTokens: 7, cacheReadInputTokens: 1537, serviceTier: 'flex' },
    0.0000834653,
  ],
  // 1 × 0.00875 = 0.00875: eleven decimals, of which ten are shown, rounded up
  [
    'what is smaller than what is shown',
    NOVA_MICRO,
    { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 1 },
    8.8e-9,
  ],
  // 1,536 × 0.035 = 53.76; 8 × 0.035 = 0.28; 2 × 0.14 = 0.28
  [
    'a cache with one kind of writes',
    NOVA_MICRO,
    { inputTokens: 8, outputTokens: 2, cacheWriteInputTokens: 1536, cacheWrite5mInputTokens: 1536 },
    0.00005432,
  ],
  // 123 × 0.72 = 88.56; 77 × 0.72 = 55.44
  ['a model without a cache', LLAMA, { inputTokens: 123, outputTokens: 77 }, 0.000144],
  [
    'caches that were not used at prices that are not known',
    LLAMA,
    { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
    0.00000144,
  ],
  // 8,192 × 0.02
  ['an embedding, which says nothing of an output', EMBEDDING, { inputTokens: 8192 }, 0.00016384],
  // 999,999 × 3 = 2,999,997; 127,999 × 15 = 1,919,985
  ['the largest call', GLOBAL, { inputTokens: 999_999, outputTokens: 127_999 }, 4.919982],
  // 100 × 0.1 + 100 × 0.2 = 30, which is 30.000000000000004 in doubles
  ['sums that doubles get wrong', { input: 0.1, output: 0.2, asOf }, { inputTokens: 100, outputTokens: 100 }, 0.00003],
  // 3 × 3.3 = 9.9; 0.33 × 3 = 0.99: 0.00001089
  [
    'products that doubles get wrong',
    GEOGRAPHIC,
    { inputTokens: 3, outputTokens: 0, cacheReadInputTokens: 3 },
    0.00001089,
  ],
  // 500 × 6 = 3,000
  [
    'writes of unsaid length at one price',
    { ...GLOBAL, cacheWrite5m: 6 },
    { inputTokens: 0, outputTokens: 0, cacheWriteInputTokens: 500 },
    0.003,
  ],
]

test.each(CASES)('the cost is exact for %s', (_, price, usage, usd) => {
  expect(estimateCost(usage, price)).toEqual({ usd, currency: 'USD', priceDate: asOf })
})

test.each<[what: string, price: ModelPrice | undefined, usage: DetailedUsage, reason: RegExp]>([
  ['a model without a price', undefined, { inputTokens: 1, outputTokens: 1 }, /no known price/],
  ['an unsaid input', GLOBAL, { outputTokens: 1 }, /how many input tokens/],
  ['an unsaid output', GLOBAL, { inputTokens: 1 }, /how many output tokens/],
  ['a cache read', LLAMA, { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 1 }, /price of cache read tokens/],
  [
    'a cache write for an hour',
    NOVA_MICRO,
    { inputTokens: 1, outputTokens: 1, cacheWriteInputTokens: 9, cacheWrite1hInputTokens: 9 },
    /price of 1-hour cache write tokens/,
  ],
  [
    'a cache write of unsaid length',
    GLOBAL,
    { inputTokens: 1, outputTokens: 1, cacheWriteInputTokens: 9, cacheWrite5mInputTokens: 8 },
    /for how long/,
  ],
  ['a tier', GLOBAL, { inputTokens: 1, outputTokens: 1, serviceTier: 'reserved' }, /service tier reserved/],
  ['a tier of a model without tiers', LLAMA, { inputTokens: 1, outputTokens: 1, serviceTier: 'flex' }, /tier flex/],
  ['a tier named as every object is', GLOBAL, { inputTokens: 1, outputTokens: 1, serviceTier: 'constructor' }, /tier/],
  ['optimized latency', GLOBAL, { inputTokens: 1, outputTokens: 1, latency: 'optimized' }, /atency/],
])('the cost is null if %s has no known price', (_, price, usage, reason) => {
  expect(estimateCost(usage, price)).toEqual({
    usd: null,
    currency: 'USD',
    priceDate: price ? asOf : null,
    reason: expect.stringMatching(reason),
  })
})

test('the tier can be given in addition to the usage', () => {
  const usage = { inputTokens: 1000, outputTokens: 500, serviceTier: 'default' }
  expect(estimateCost(usage, GLOBAL, { serviceTier: 'flex' }).usd).toBe(0.00525)
})

test('headers have plain digits or null', () => {
  const small = estimateCost({ inputTokens: 1, outputTokens: 0 }, NOVA_MICRO)
  expect(costHeaders(small)).toEqual({
    'x-bedrock-functions-cost-usd': '0.000000035',
    'x-bedrock-functions-price-date': asOf,
  })
  expect(costHeaders(estimateCost({}, undefined))).toEqual({ 'x-bedrock-functions-cost-usd': 'null' })
})
