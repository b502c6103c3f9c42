import type { ModelCall } from '@bedrock-functions/runtime/core'
import { createIdResolver } from '@bedrock-functions/runtime/models'
import OpenAI from 'openai'
import { embeddings } from '../../../layers/runtime/src/doors/openai-embeddings/embeddings.ts'
import { callBasics, createTestPipeline, MODELS } from '../../support/calls.ts'
import { startEmulator } from '../bedrock-emulator/support.ts'
import { createTestBedrock, serveDoors } from './serve-door.ts'

/** OpenAI's own client against the door, the stack's pipeline and the emulator. */
let client: OpenAI
let calls: Pick<ModelCall, 'body'>[] = []
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const emulator = await startEmulator()
  const pipeline = createTestPipeline(createTestBedrock(emulator.url))
  const resolveId = createIdResolver(MODELS)
  const server = await serveDoors({
    doors: [],
    bedrockUrl: emulator.url,
    async otherwise(_path, body) {
      const request = embeddings.read({ headers: {}, query: {}, body })
      const { modelId } = resolveId(request.modelId)
      const plan = request.plan({ modelId })
      calls = [...plan.calls]
      const answers = await Promise.all(
        plan.calls.map((call) =>
          pipeline.answer({ ...call, modelId, caller: undefined }, { ...callBasics(), retry: false }),
        ),
      )
      return plan.join(answers.map(({ reply }) => reply))
    },
  })
  closing.push(server.close, emulator.close)
  client = new OpenAI({ baseURL: `${server.url}/openai/v1`, apiKey: 'local', maxRetries: 0 })
})
afterAll(async () => {
  for (const close of closing) await close()
})

const TEXTS = ['Mount Fuji', 'Tokyo', 'bread']

test.each([
  ['titan-embed', 1_024, 3],
  ['amazon.titan-embed-text-v1', 1_536, 3],
  ['amazon.titan-embed-image-v1', 1_024, 3],
  ['cohere.embed-multilingual-v3', 1_024, 1],
  ['cohere.embed-v4:0', 1_536, 1],
  ['amazon.nova-2-multimodal-embeddings-v1:0', 3_072, 3],
])('%s answers vectors of %i values from %i calls', async (model, size, count) => {
  const whole = await client.embeddings.create({ model, input: TEXTS, encoding_format: 'float' })
  expect(calls).toHaveLength(count)
  expect(whole.data.map(({ index, embedding }) => [index, embedding.length])).toEqual(TEXTS.map((_, at) => [at, size]))
  expect(whole.usage.prompt_tokens).toBeGreaterThan(0)
  // Without a format, the SDK asks for base64 and decodes it.
  const packed = await client.embeddings.create({ model, input: TEXTS })
  const floats = whole.data.map(({ embedding }) => embedding.map(Math.fround))
  expect(packed.data.map(({ embedding }) => [...embedding])).toEqual(floats)
})

test.each([
  ['titan-embed', 256],
  ['cohere.embed-v4:0', 512],
  ['amazon.nova-2-multimodal-embeddings-v1:0', 384],
])('%s answers %i values if they are asked for', async (model, dimensions) => {
  const { data } = await client.embeddings.create({ model, input: 'Mount Fuji', dimensions })
  expect(data[0]?.embedding).toHaveLength(dimensions)
})

test('a list of more texts than a call of Cohere takes becomes several calls, in order', async () => {
  const input = Array.from({ length: 200 }, (_, index) => `text ${index}`)
  const { data } = await client.embeddings.create({ model: 'cohere.embed-v4:0', input, encoding_format: 'float' })
  expect(calls).toHaveLength(3)
  expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index))
  const alone = await client.embeddings.create({
    model: 'cohere.embed-v4:0',
    input: 'text 150',
    encoding_format: 'float',
  })
  expect(data[150]?.embedding).toEqual(alone.data[0]?.embedding)
})

test.each([
  ['token arrays', { input: [1, 2, 3] }, 'input'],
  ['lists of token arrays', { input: [[1, 2, 3]] }, 'input'],
  ['an empty text', { input: '' }, 'input'],
  ['an empty text in a list', { input: ['a', ' '] }, 'input[1]'],
  ['an empty list', { input: [] }, 'input'],
  [
    'dimensions that the model cannot choose',
    { input: 'a', dimensions: 256, model: 'cohere.embed-english-v3' },
    'dimensions',
  ],
  ['a model without embeddings', { input: 'a', model: 'nova-lite' }, 'model'],
  ['an unknown member', { input: 'a', foo: 1 }, 'foo'],
])('%s are refused by name', async (_, request, param) => {
  const failed = client.embeddings.create({ model: 'titan-embed', ...request })
  await expect(failed).rejects.toMatchObject({ status: 400, param })
})
