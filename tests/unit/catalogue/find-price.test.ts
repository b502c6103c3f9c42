import { findPrice } from '../../../layers/runtime/src/models/catalogue.ts'

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0'

test.each([
  [`global.${SONNET}`, { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 }],
  [`eu.${SONNET}`, { input: 3.3, output: 16.5, cacheRead: 0.33, cacheWrite5m: 4.125, cacheWrite1h: 6.6 }],
  [`arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${SONNET}`, { input: 3.3, output: 16.5 }],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', { input: 0.06, output: 0.24 }],
  ['us-gov.openai.gpt-oss-20b-1:0', { input: 0.084, output: 0.36 }],
])('the price of %s is found', async (modelId, price) => {
  expect(await findPrice(modelId)).toMatchObject({ ...price, asOf: '2026-11-10' })
})

test.each([
  ['a profile-only model’s own id', SONNET],
  ['a profile that has no known price', `us-gov.${SONNET}`],
  ['a model of which the sources disagree', 'global.anthropic.claude-sonnet-5'],
  ['a model that nobody knows', 'global.anthropic.claude-sonnet-99'],
  ['an account’s own profile', 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123'],
  ['an alias', 'claude-sonnet'],
  ['a member of every object', 'constructor.amazon.nova-lite-v1:0'],
])('%s has no price', async (_, modelId) => {
  expect(await findPrice(modelId)).toBeUndefined()
})

test('an unknown part of a price is missing, not 0', async () => {
  const price = await findPrice('meta.llama3-3-70b-instruct-v1:0')
  expect(Object.keys(price ?? {}).sort()).toEqual(['asOf', 'input', 'output'])
})

test('a price has only the tiers of the model', async () => {
  expect((await findPrice('us.amazon.nova-pro-v1:0'))?.tiers).toEqual({ default: 1, flex: 0.5, priority: 1.75 })
  expect((await findPrice(`us.${SONNET}`))?.tiers).toEqual({ default: 1 })
  expect(await findPrice('us.amazon.nova-lite-v1:0')).not.toHaveProperty('tiers')
})

test('a price with its own day keeps it', async () => {
  expect(await findPrice('us.deepseek.r1-v1:0')).toEqual({ input: 1.35, output: 5.4, asOf: '2026-08-21' })
})

test('the price of a bare id is known for US regions only', async () => {
  expect(await findPrice('amazon.nova-lite-v1:0', 'us-west-2')).toBeDefined()
  expect(await findPrice('amazon.nova-lite-v1:0', 'us-gov-west-1')).toBeUndefined()
  expect(await findPrice('amazon.nova-lite-v1:0', 'eu-west-1')).toBeUndefined()
  expect(await findPrice('eu.amazon.nova-lite-v1:0', 'eu-west-1')).toBeDefined()
})
