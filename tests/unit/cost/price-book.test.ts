import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const price = {
  input: expect.any(Number),
  output: expect.any(Number),
  asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
}

test('by default prices are those of the catalogue', async () => {
  const prices = createPriceBook({ region: 'eu-central-1' })
  expect(await prices.find(`eu.${CLAUDE}`)).toMatchObject(price)
  const arn = `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.${CLAUDE}`
  expect(await prices.find(arn)).toMatchObject(price)
  expect(
    await prices.find(arn.replace(/profile\/.*/, 'profile/abcdefghijkl').replace('inference', 'application-inference')),
  ).toBeUndefined()
  expect(await prices.find('example.model-v1:0')).toBeUndefined()
})

test('ids that callers invent do not fill the memory', async () => {
  const prices = createPriceBook({ findPrice: async () => undefined })
  await prices.find('first')
  expect(prices.has('first')).toBe(true)
  for (let index = 0; index < 256; index += 1) await prices.find(`invented-${index}`)
  expect(prices.has('first')).toBe(false)
})
