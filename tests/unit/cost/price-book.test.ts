import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const price = {
  input: expect.any(Number),
  output: expect.any(Number),
  asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
}

test('the default prices are those of the catalogue', async () => {
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
  const findPrice = jest.fn(async (_modelId: string) => undefined)
  const prices = createPriceBook({ findPrice })
  const lookUps = () => findPrice.mock.calls.filter(([modelId]) => modelId === 'first').length
  await prices.find('first')
  await prices.find('first')
  expect(lookUps()).toBe(1)
  for (let index = 0; index < 256; index += 1) await prices.find(`invented-${index}`)
  await prices.find('first')
  expect(lookUps()).toBe(2)
})
