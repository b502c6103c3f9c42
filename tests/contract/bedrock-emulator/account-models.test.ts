import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

const ARN = 'arn:aws:bedrock:us-east-1:123456789012'
const IMPORTED = `${ARN}:imported-model/abcdefghijkl`
const DEPLOYMENT = `${ARN}:custom-model-deployment/abcdefghijkl`
const ENDPOINT = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint'
const CUSTOM = `${ARN}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl`
const CUSTOM_IMAGES = `${ARN}:custom-model/amazon.titan-image-generator-v2:0/abcdefghijkl`

let emulator: RunningEmulator
beforeAll(async () => {
  emulator = await startEmulator({
    models: {
      [IMPORTED]: 'mistral.mistral-7b-instruct-v0:2',
      [DEPLOYMENT]: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    },
  })
})
afterAll(() => emulator.close())

const say = '[emulator:say=one]'

test.each<[string, string, object, object]>([
  ['an imported model', IMPORTED, { prompt: `<s>[INST] ${say} [/INST]` }, { outputs: [{ text: 'one' }] }],
  [
    'a deployment of a custom model',
    DEPLOYMENT,
    { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, messages: [{ role: 'user', content: say }] },
    { content: [{ type: 'text', text: 'one' }], model: 'claude-haiku-4-5-20251001' },
  ],
  [
    'a custom model, whose name contains its foundation model',
    CUSTOM,
    { messages: [{ role: 'user', content: [{ text: say }] }] },
    { output: { message: { content: [{ text: 'one' }] } } },
  ],
  [
    'an endpoint of SageMaker by its body',
    ENDPOINT,
    { messages: [{ role: 'user', content: say }] },
    { choices: [{ message: { content: 'one' } }] },
  ],
  [
    'a reranker by its body',
    `${ARN}:provisioned-model/abcdefghijkl`,
    { query: 'a', documents: ['b', 'a'], api_version: 2, top_n: 1 },
    { results: [{ index: 1 }] },
  ],
  [
    'a custom model of images',
    CUSTOM_IMAGES,
    { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a cat' } },
    { images: [expect.any(String)] },
  ],
])('InvokeModel serves %s', async (_name, modelId, body, answer) => {
  const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/invoke`, body)

  expect(reply.body).toMatchObject(answer)
  expect(reply.status).toBe(200)
})

test('InvokeModel says how to choose the family if the body does not show it', async () => {
  const reply = await post(emulator.url, `/model/${encodeURIComponent(ENDPOINT)}/invoke`, { inputs: 'Hello' })

  expect(reply.status).toBe(400)
  expect(reply.body.message).toBe(
    `The Bedrock emulator cannot tell from the body which family ${ENDPOINT} belongs to. Choose its foundation model with --model ARN=ID, or with the option models of createBedrockEmulator.`,
  )
})

test.each([IMPORTED, DEPLOYMENT, CUSTOM, ENDPOINT])('Converse serves %s', async (modelId) => {
  const body = { messages: [userMessage(say)] }
  const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/converse`, body)

  expect(reply.body.output.message.content).toEqual([{ text: 'one' }])
})

test('the chosen foundation model gives its rules to the ARN', async () => {
  const system = [{ text: 'Be brief' }]
  const reply = await post(emulator.url, `/model/${encodeURIComponent(IMPORTED)}/converse`, {
    messages: [userMessage('Hi')],
    system,
  })

  expect(reply.status).toBe(400)
  expect(reply.body.message).toMatch(/^This model doesn't support system messages\./)
})

test.each([
  'arn:aws:sagemaker:us-east-1:123456789012:model/my-model',
  'arn:aws:bedrock:us-east-1:123456789012:endpoint/my-endpoint',
  `${ARN}:custom-model/amazon.nova-lite-v1:0/short`,
])('%s is not the ARN of a model', async (modelId) => {
  const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/converse`, { messages: [] })

  expect(reply.status).toBe(400)
  expect(reply.body).toEqual({ message: 'The provided model identifier is invalid.' })
})

test.each<[Record<string, string>, string]>([
  [
    { 'amazon.nova-lite-v1:0': 'amazon.nova-pro-v1:0' },
    '"amazon.nova-lite-v1:0" is not the ARN of a model of an account',
  ],
  [{ [IMPORTED]: 'llama' }, `"llama", the model of ${IMPORTED}, is not the id of a foundation model`],
])('the option models %j is refused', (models, message) => {
  expect(() => createBedrockEmulator({ models })).toThrow(message)
})

describe('models after their end of life', () => {
  const ended = 'anthropic.claude-3-haiku-20240307-v1:0'
  const body = { messages: [userMessage('Hi')] }

  test('are answered by default', async () => {
    expect((await post(emulator.url, `/model/${ended}/converse`, body)).status).toBe(200)
  })

  test('are refused with refuseEndedModels, others are served', async () => {
    const strict = await startEmulator({ refuseEndedModels: true })
    const paths = [
      `/model/${ended}/converse`,
      '/model/amazon.nova-canvas-v1:0/invoke',
      `/model/us.${ended}/count-tokens`,
    ]
    const replies = await Promise.all(paths.map((path) => post(strict.url, path, body)))
    const start = await post(strict.url, '/async-invoke', {
      modelId: 'amazon.nova-reel-v1:1',
      modelInput: {},
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
    })
    const served = await post(strict.url, '/model/amazon.nova-lite-v1:0/converse', body)
    await strict.close()

    for (const reply of [...replies, start]) {
      expect(reply.status).toBe(404)
      expect(reply.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException')
      expect(reply.body.message).toBe(
        'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
      )
    }
    expect(served.status).toBe(200)
  })
})
