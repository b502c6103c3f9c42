import {
  BedrockClient,
  ListFoundationModelsCommand,
  ListInferenceProfilesCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock'
import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { createIdResolver } from '../../../layers/runtime/src/models/resolve-id.ts'
import { createHttp1Client, type RunningEmulator, startEmulator, userMessage } from '../bedrock-emulator/support.ts'

let emulator: RunningEmulator
let runtime: BedrockRuntimeClient
const clients: BedrockClient[] = []
beforeAll(async () => {
  emulator = await startEmulator()
  runtime = createHttp1Client(emulator.url)
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  runtime.destroy()
  await emulator.close()
})

function createControl(region = 'us-east-1'): BedrockClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new BedrockClient({ endpoint: emulator.url, region, credentials, maxAttempts: 1 })
  clients.push(client)
  return client
}

describe('ListFoundationModels', () => {
  test('lists models in the same format as Bedrock', async () => {
    const { modelSummaries = [] } = await createControl('eu-west-1').send(new ListFoundationModelsCommand({}))
    expect(modelSummaries.length).toBeGreaterThan(80)
    expect(modelSummaries.find(({ modelId }) => modelId === 'amazon.nova-lite-v1:0')).toEqual({
      modelArn: 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0',
      modelId: 'amazon.nova-lite-v1:0',
      providerName: 'Amazon',
      inputModalities: ['TEXT', 'IMAGE', 'VIDEO'],
      outputModalities: ['TEXT'],
      responseStreamingSupported: true,
      customizationsSupported: [],
      inferenceTypesSupported: ['ON_DEMAND', 'INFERENCE_PROFILE'],
      modelLifecycle: { status: 'ACTIVE' },
    })
  })

  test('leaves out ended models and has dates for models that will end', async () => {
    const { modelSummaries = [] } = await createControl().send(
      new ListFoundationModelsCommand({ byProvider: 'anthropic' }),
    )
    expect(modelSummaries.map(({ modelId }) => modelId)).not.toContain('anthropic.claude-3-haiku-20240307-v1:0')
    expect(new Set(modelSummaries.map(({ providerName }) => providerName))).toEqual(new Set(['Anthropic']))
    const sonnet = modelSummaries.find(({ modelId }) => modelId === 'anthropic.claude-sonnet-4-6')
    expect(sonnet?.inferenceTypesSupported).toEqual(['INFERENCE_PROFILE'])
  })

  test('applies the filters of the request', async () => {
    const control = createControl()
    const embeddings = await control.send(new ListFoundationModelsCommand({ byOutputModality: 'EMBEDDING' }))
    expect(embeddings.modelSummaries?.map(({ modelId }) => modelId)).toContain('amazon.titan-embed-text-v2:0')
    expect(embeddings.modelSummaries?.every(({ outputModalities }) => outputModalities?.includes('EMBEDDING'))).toBe(
      true,
    )
    const onDemand = await control.send(new ListFoundationModelsCommand({ byInferenceType: 'ON_DEMAND' }))
    expect(onDemand.modelSummaries?.map(({ modelId }) => modelId)).not.toContain('anthropic.claude-sonnet-4-6')
    const tunable = await control.send(new ListFoundationModelsCommand({ byCustomizationType: 'FINE_TUNING' }))
    expect(tunable.modelSummaries).toEqual([])
  })

  test('refuses an unknown filter', async () => {
    const wrong = new ListFoundationModelsCommand({ byOutputModality: 'SMELL' as 'TEXT' })
    await expect(createControl().send(wrong)).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('ListInferenceProfiles', () => {
  test('lists the profiles that the Region can reach', async () => {
    const prefixes = async (region: string) => {
      const { inferenceProfileSummaries = [] } = await createControl(region).send(
        new ListInferenceProfilesCommand({ maxResults: 1_000 }),
      )
      return new Set(inferenceProfileSummaries.map(({ inferenceProfileId }) => inferenceProfileId?.split('.')[0]))
    }
    expect(await prefixes('us-east-1')).toEqual(new Set(['us', 'global']))
    expect(await prefixes('ap-northeast-1')).toEqual(new Set(['jp', 'apac', 'global']))
    expect(await prefixes('us-gov-west-1')).toEqual(new Set(['us-gov']))
  })

  test('describes profiles in the same format as Bedrock', async () => {
    const { inferenceProfileSummaries = [] } = await createControl('us-gov-west-1').send(
      new ListInferenceProfilesCommand({}),
    )
    expect(inferenceProfileSummaries.find(({ inferenceProfileId }) => inferenceProfileId?.includes('claude'))).toEqual({
      inferenceProfileName: 'us-gov anthropic claude-sonnet-4-5-20250929-v1 0',
      inferenceProfileArn:
        'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
      inferenceProfileId: 'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
      models: ['us-gov-east-1', 'us-gov-west-1'].map((region) => ({
        modelArn: `arn:aws-us-gov:bedrock:${region}::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0`,
      })),
      status: 'ACTIVE',
      type: 'SYSTEM_DEFINED',
    })
  })

  test('returns pages with each profile once', async () => {
    const client = createControl()
    const sizes: number[] = []
    const ids: string[] = []
    for await (const { inferenceProfileSummaries = [] } of paginateListInferenceProfiles({ client, pageSize: 7 }, {})) {
      sizes.push(inferenceProfileSummaries.length)
      ids.push(...inferenceProfileSummaries.map(({ inferenceProfileId = '' }) => inferenceProfileId))
    }
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes.slice(0, -1).every((size) => size === 7)).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
    const whole = await client.send(new ListInferenceProfilesCommand({ maxResults: 1_000 }))
    expect(ids).toEqual(whole.inferenceProfileSummaries?.map(({ inferenceProfileId }) => inferenceProfileId))
    expect(whole.nextToken).toBeUndefined()
  })

  test('returns no application profiles', async () => {
    const { inferenceProfileSummaries } = await createControl().send(
      new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' }),
    )
    expect(inferenceProfileSummaries).toEqual([])
  })

  test.each([
    ['a size of 0', { maxResults: 0 }],
    ['a size that is too large', { maxResults: 1_001 }],
    ['a token of its own', { nextToken: 'bm9uZQ' }],
    ['a type that there is not', { typeEquals: 'OTHER' as 'APPLICATION' }],
  ])('refuses %s', async (_, input) => {
    await expect(createControl().send(new ListInferenceProfilesCommand(input))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })

  test('refuses a token of another Region', async () => {
    const { nextToken = '' } = await createControl().send(new ListInferenceProfilesCommand({ maxResults: 1 }))
    await expect(
      createControl('eu-west-1').send(new ListInferenceProfilesCommand({ nextToken })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

test.each([
  'claude-sonnet',
  'claude-haiku',
  'claude-opus',
  'claude-fable',
  'nova-lite',
  'nova-pro',
  'llama',
  'deepseek',
  'gpt-oss',
])('a model or profile behind %s answers', async (alias) => {
  for (const region of ['us-east-1', 'eu-central-1', 'ap-northeast-1']) {
    const { modelId } = createIdResolver({ region, residency: 'global' })(alias)
    const answer = await runtime.send(new ConverseCommand({ modelId, messages: [userMessage('Say hello')] }))
    expect(answer.stopReason).toBe('end_turn')
  }
})
