import { describeModel, listModels } from '../../../layers/runtime/src/models/list-models.ts'
import { createIdResolver } from '../../../layers/runtime/src/models/resolve-id.ts'

const all = () => true
const NOW = Date.parse('2026-11-21T12:00:00Z')
const list = async (filter: Record<string, string>, isAllowed: (modelId: string) => boolean = all) =>
  (await listModels(filter, isAllowed, () => NOW)).models
const ids = async (filter: Record<string, string>) => (await list(filter)).map(({ modelId }) => modelId)

describe('listModels', () => {
  test('shows every way to call a model, with its price', async () => {
    const lite = (await list({ provider: 'amazon' })).find(({ modelId }) => modelId === 'amazon.nova-lite-v1:0')
    expect(lite?.invocableAs.map(({ modelId }) => modelId)).toEqual([
      'amazon.nova-lite-v1:0',
      'apac.amazon.nova-lite-v1:0',
      'ca.amazon.nova-lite-v1:0',
      'eu.amazon.nova-lite-v1:0',
      'us.amazon.nova-lite-v1:0',
    ])
    expect(lite?.invocableAs[3]?.pricePerMillionTokens).toEqual({
      input: 0.069,
      output: 0.276,
      cacheRead: 0.01725,
      cacheWrite5m: 0.069,
      asOf: '2026-11-10',
    })
  })

  test('shows an unknown price as null', async () => {
    const [sonnet] = (await list({ provider: 'anthropic' })).filter(
      ({ modelId }) => modelId === 'anthropic.claude-sonnet-5',
    )
    expect(sonnet?.invocableAs[0]).toEqual({ modelId: 'au.anthropic.claude-sonnet-5', pricePerMillionTokens: null })
  })

  test('leaves out ids that are not allowed, and models without an allowed id', async () => {
    const models = await list({}, (modelId) => modelId.startsWith('global.anthropic.'))
    expect(models.length).toBeGreaterThan(5)
    for (const { invocableAs } of models) {
      expect(invocableAs.map(({ modelId }) => modelId.slice(0, 17))).toEqual(['global.anthropic.'])
    }
  })

  test('leaves out ended models unless the query asks for them', async () => {
    const haiku = 'anthropic.claude-3-haiku-20240307-v1:0'
    expect(await ids({})).not.toContain(haiku)
    expect(await ids({ status: 'END_OF_LIFE' })).toContain(haiku)
  })

  test('uses the current day, not the catalogue’s', async () => {
    const opus = 'anthropic.claude-opus-4-1-20250805-v1:0'
    const on = async (day: string, status: string) =>
      (await listModels({ status }, all, () => Date.parse(day))).models.map(({ modelId }) => modelId)
    expect(await on('2027-01-07', 'LEGACY')).toContain(opus)
    expect(await on('2027-01-08', 'LEGACY')).not.toContain(opus)
    expect(await on('2027-01-08', 'END_OF_LIFE')).toContain(opus)
  })

  test('filters models by each parameter', async () => {
    expect(await ids({ provider: 'Anthropic', status: 'legacy' })).toEqual(['anthropic.claude-opus-4-1-20250805-v1:0'])
    expect(await ids({ modality: 'video', capability: 'converse' })).toEqual([
      'amazon.nova-2-lite-v1:0',
      'amazon.nova-lite-v1:0',
      'amazon.nova-premier-v1:0',
      'amazon.nova-pro-v1:0',
    ])
    expect(await ids({ outputModality: 'embedding', capability: 'async' })).toEqual([
      'amazon.nova-2-multimodal-embeddings-v1:0',
      'twelvelabs.marengo-embed-2-7-v1:0',
      'twelvelabs.marengo-embed-3-0-v1:0',
    ])
    expect(await ids({ capability: 'tools,cache', minimumContextTokens: '1000000', provider: 'amazon' })).toEqual([
      'amazon.nova-2-lite-v1:0',
      'amazon.nova-premier-v1:0',
    ])
    expect(await ids({ minimumOutputTokens: '1000000' })).toEqual(['moonshotai.kimi-k3.1'])
  })

  test('filters ids by prefix and by Region', async () => {
    const prefixes = async (filter: Record<string, string>) =>
      new Set(
        (await list({ provider: 'anthropic', ...filter })).flatMap(({ invocableAs }) =>
          invocableAs.map(({ modelId }) => modelId.split('.anthropic')[0]),
        ),
      )
    expect(await prefixes({ prefix: 'in' })).toEqual(new Set(['in']))
    expect(await prefixes({ region: 'ap-northeast-1' })).toEqual(new Set(['global', 'jp']))
    expect(await prefixes({ region: 'us-gov-west-1' })).toEqual(new Set(['us-gov']))
    expect(await prefixes({ region: 'sa-east-1', prefix: 'global' })).toEqual(new Set(['global']))
  })

  test.each([
    [{ colour: 'red' }, 'There is no filter "colour". The filters are provider, modality'],
    [{ constructor: 'x' }, 'There is no filter "constructor"'],
    [{ capability: 'tools,telepathy' }, 'capability is "telepathy", it must be one of converse, stream, tools'],
    [{ modality: 'smell' }, 'modality is "smell"'],
    [{ outputModality: '' }, 'outputModality is ""'],
    [{ status: 'dead' }, 'status is "DEAD", it must be one of ACTIVE, LEGACY, END_OF_LIFE'],
    [{ prefix: 'uk' }, 'prefix is "uk"'],
    [{ region: 'Ohio' }, 'region is "Ohio"'],
    [{ provider: 'a b' }, 'provider is "a b"'],
    [{ minimumContextTokens: '200K' }, 'minimumContextTokens is "200K", it must be a whole number.'],
  ])("refuses %j with the parameter's name", async (filter, message) => {
    await expect(list(filter as Record<string, string>)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })
})

describe('describeModel', () => {
  const resolveId = createIdResolver({ region: 'eu-central-1', residency: 'geography', now: () => NOW })
  const describeIt = (modelId: string, isAllowed: (modelId: string) => boolean = all) =>
    describeModel(modelId, { isAllowed, resolveId, now: () => NOW })

  test.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3],
    ['claude-sonnet-4-5', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3],
  ])('describes the model that %s resolves to', async (requestedModelId, resolvedModelId, input) => {
    expect(await describeIt(requestedModelId)).toMatchObject({
      requestedModelId,
      resolvedModelId,
      modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
      status: 'ACTIVE',
      contextTokens: 200_000,
      exclusive: ['temperature', 'topP'],
      pricePerMillionTokens: { input },
    })
  })

  test('accepts ARNs', async () => {
    const modelId = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0'
    expect(await describeIt(modelId)).toMatchObject({ resolvedModelId: modelId, modelId: 'amazon.nova-pro-v1:0' })
  })

  test('names a successor of a model that has ended', async () => {
    expect(await describeIt('anthropic.claude-3-haiku-20240307-v1:0')).toMatchObject({
      status: 'END_OF_LIFE',
      warning:
        'anthropic.claude-3-haiku-20240307-v1:0 reached its end of life on 2026-09-10; use eu.anthropic.claude-haiku-4-5-20251001-v1:0 instead',
    })
  })

  test('refuses an unknown model and a model that is not allowed in the same way', async () => {
    await expect(describeIt('claude-sonet')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(describeIt('amazon.nova-pro-v1:0', () => false)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })
})
