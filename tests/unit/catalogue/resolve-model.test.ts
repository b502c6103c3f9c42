import { BedrockError } from '../../../layers/runtime/src/core/errors.ts'
import type { Facts, ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { createRefusalExplainer } from '../../../layers/runtime/src/models/explain-refusal.ts'
import type { Residency } from '../../../layers/runtime/src/models/geographies.ts'
import { readModelOptions } from '../../../layers/runtime/src/models/read-model-options.ts'
import { createIdResolver, type ModelResolverOptions } from '../../../layers/runtime/src/models/resolve-id.ts'
import { createTestPipeline, UNCALLED } from '../../support/calls.ts'

const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const HAIKU_45 = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0'
const OPUS_41 = 'anthropic.claude-opus-4-1-20250805-v1:0'
const NOW = Date.parse('2026-11-21T12:00:00Z')

const options = (more: Partial<ModelResolverOptions> = {}): ModelResolverOptions => ({
  region: 'us-east-1',
  residency: 'global',
  now: () => NOW,
  ...more,
})
const resolve = (modelId: string, more?: Partial<ModelResolverOptions>) =>
  createIdResolver(options(more))(modelId).modelId

test.each<[string, Residency, string, string]>([
  // An id that needs a profile gets one: global if allowed, otherwise the closest geography.
  ['us-east-1', 'global', SONNET_45, `global.${SONNET_45}`],
  ['us-east-1', 'geography', SONNET_45, `us.${SONNET_45}`],
  ['eu-west-3', 'geography', SONNET_45, `eu.${SONNET_45}`],
  ['ap-northeast-1', 'geography', SONNET_45, `jp.${SONNET_45}`],
  ['ap-northeast-3', 'geography', SONNET_45, `jp.${SONNET_45}`],
  ['ap-southeast-2', 'geography', SONNET_45, `au.${SONNET_45}`],
  ['ap-south-1', 'geography', HAIKU_45, `in.${HAIKU_45}`],
  ['us-gov-west-1', 'global', SONNET_45, `us-gov.${SONNET_45}`],
  ['us-gov-west-1', 'geography', SONNET_45, `us-gov.${SONNET_45}`],
  ['sa-east-1', 'global', SONNET_45, `global.${SONNET_45}`],
  // Without one, Bedrock decides.
  ['sa-east-1', 'geography', SONNET_45, SONNET_45],
  ['ap-southeast-1', 'geography', SONNET_45, SONNET_45],
  ['us-gov-west-1', 'global', HAIKU_45, HAIKU_45],
  ['eu-west-1', 'geography', OPUS_41, OPUS_41],
  // Ids that can be called stay unchanged.
  ['us-east-1', 'global', 'amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
  ['us-east-1', 'geography', `global.${SONNET_45}`, `global.${SONNET_45}`],
  ['eu-west-1', 'geography', `us.${SONNET_45}`, `us.${SONNET_45}`],
  ['us-east-1', 'global', 'meta.llama9-1t-instruct-v1:0', 'meta.llama9-1t-instruct-v1:0'],
  ['us-east-1', 'global', 'my-imported-model', 'my-imported-model'],
  ['us-east-1', 'global', 'constructor', 'constructor'],
  [
    'us-east-1',
    'global',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
  ],
  // Aliases: the best model that can be called, with its best profile.
  ['us-east-1', 'global', 'claude-sonnet', 'global.anthropic.claude-sonnet-5-5'],
  ['us-east-1', 'geography', 'claude-sonnet', 'us.anthropic.claude-sonnet-5-5'],
  ['ap-northeast-1', 'geography', 'claude-sonnet', 'jp.anthropic.claude-sonnet-5'],
  ['us-gov-west-1', 'global', 'claude-sonnet', `us-gov.${SONNET_45}`],
  ['ap-south-1', 'geography', 'claude-haiku', `in.${HAIKU_45}`],
  ['ap-northeast-1', 'geography', 'claude-opus', 'jp.anthropic.claude-opus-5-5'],
  ['us-east-1', 'global', 'nova-lite', 'us.amazon.nova-lite-v1:0'],
  ['ca-central-1', 'geography', 'nova-lite', 'ca.amazon.nova-lite-v1:0'],
  ['ap-northeast-1', 'geography', 'nova-pro', 'apac.amazon.nova-pro-v1:0'],
  ['ca-central-1', 'geography', 'nova-micro', 'amazon.nova-micro-v1:0'],
  ['eu-north-1', 'global', 'nova-2-lite', 'global.amazon.nova-2-lite-v1:0'],
  ['us-gov-east-1', 'global', 'gpt-oss-120b', 'us-gov.openai.gpt-oss-120b-1:0'],
  ['us-east-1', 'global', 'titan-embed', 'amazon.titan-embed-text-v2:0'],
  ['us-east-1', 'global', 'claude-opus-4-6', 'global.anthropic.claude-opus-4-6-v1'],
  ['us-east-1', 'global', 'claude-sonnet-5', 'global.anthropic.claude-sonnet-5'],
  ['us-east-1', 'global', 'claude-sonnet-4-5-20250929', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['eu-west-1', 'global', 'claude-haiku-4-5-20251001', 'global.anthropic.claude-haiku-4-5-20251001-v1:0'],
])('in %s with residency %s, %s is %s', (region, residency, asked, called) => {
  expect(resolve(asked, { region, residency })).toBe(called)
})

test.each([
  'us-east-1',
  'eu-west-1',
  'ap-northeast-1',
  'ap-southeast-2',
  'ap-south-1',
  'ca-central-1',
  'us-gov-west-1',
])('residency geography never becomes a global profile in %s', (region) => {
  const resolveId = createIdResolver(options({ region, residency: 'geography' }))
  for (const asked of ['claude-sonnet', 'claude-haiku', 'claude-opus', 'nova-lite', 'nova-pro', SONNET_45, HAIKU_45]) {
    let called = ''
    try {
      called = resolveId(asked).modelId
    } catch (error) {
      expect(error).toMatchObject({ name: 'ValidationException' })
    }
    expect(called).not.toMatch(/^global\./)
  }
})

test('the environment decides on Region and residency', () => {
  const environment = { AWS_REGION: 'eu-west-1', DATA_RESIDENCY: 'GEOGRAPHY' }
  expect(readModelOptions(environment)).toEqual({ region: 'eu-west-1', residency: 'geography', aliases: {} })
  expect(() => readModelOptions({ ...environment, DATA_RESIDENCY: 'EU' })).toThrow('DATA_RESIDENCY is "EU"')
  expect(() => readModelOptions({})).toThrow('AWS_REGION is missing')
})

describe('aliases', () => {
  const parseAliases = (text: string) => readModelOptions({ AWS_REGION: 'us-east-1', MODEL_ALIASES: text }).aliases

  test('prefer the operator’s definition to the built-in one', () => {
    const aliases = parseAliases(
      `claude-sonnet=anthropic.claude-sonnet-4-6|${SONNET_45}, fast = us.amazon.nova-micro-v1:0`,
    )
    expect(resolve('claude-sonnet', { aliases })).toBe('global.anthropic.claude-sonnet-4-6')
    expect(resolve('claude-sonnet', { aliases, region: 'us-gov-west-1' })).toBe(`us-gov.${SONNET_45}`)
    expect(resolve('fast', { aliases })).toBe('us.amazon.nova-micro-v1:0')
  })

  test('skip models that have ended or are not allowed', () => {
    const aliases = { old: [HAIKU_3, HAIKU_45] }
    expect(resolve('old', { aliases })).toBe(`global.${HAIKU_45}`)
    const isAllowed = (modelId: string) => modelId.startsWith('us.') && modelId.includes('claude-opus-4')
    expect(resolve('claude-opus', { isAllowed })).toBe('us.anthropic.claude-opus-4-8')
  })

  test('leave an id unchanged if none of its profiles is allowed', () => {
    expect(resolve(SONNET_45, { isAllowed: (modelId) => modelId === SONNET_45 })).toBe(SONNET_45)
  })

  test('explain why no model is found', () => {
    expect(() => resolve('claude-opus', { isAllowed: () => false })).toThrow(
      expect.objectContaining({ name: 'AccessDeniedException', message: expect.stringContaining('AllowedModels') }),
    )
    expect(() => resolve('claude-haiku', { region: 'sa-east-1', residency: 'geography' })).toThrow(
      expect.objectContaining({
        name: 'ValidationException',
        message: expect.stringMatching(/^modelId claude-haiku stands for .* from sa-east-1 within its geography/),
      }),
    )
  })

  test.each(['fast', 'fast=', '=x', 'fast=a||b', 'fast=a b', 'a=b,,c=d'])('refuse "%s"', (text) => {
    expect(() => parseAliases(text)).toThrow(/^MODEL_ALIASES has .*NAME=ID/)
  })

  test('may be empty', () => {
    expect(parseAliases('')).toEqual({})
    expect(readModelOptions({ AWS_REGION: 'eu-west-1' })).toEqual({
      region: 'eu-west-1',
      residency: 'global',
      aliases: {},
    })
  })
})

describe('the pipeline', () => {
  const call = (modelId: string): ModelCall => ({
    operation: 'Converse',
    modelId,
    headers: {},
    body: Buffer.from('{}'),
    caller: undefined,
    replyHeaders: { 'x-other': '1' },
  })
  function createStage(models: ModelResolverOptions) {
    return async (asked: ModelCall) => {
      const facts: Facts = {}
      return { call: await createTestPipeline(UNCALLED, { models }).resolve(asked, facts), facts }
    }
  }
  const stage = createStage(options())

  test('returns the same call if nothing changes', async () => {
    const complete = call(`global.${SONNET_45}`)
    expect((await stage(complete)).call).toBe(complete)
  })

  test('names the called model', async () => {
    const modelId = 'global.anthropic.claude-haiku-5-5'
    expect(await stage(call('claude-haiku'))).toMatchObject({
      call: { modelId, replyHeaders: { 'x-other': '1', 'x-bedrock-functions-model': modelId } },
      facts: { modelId, requestedModelId: 'claude-haiku' },
    })
  })

  test.each([
    [HAIKU_3, `${HAIKU_3} reached its end of life on 2026-09-10; use global.${HAIKU_45} instead`],
    [`us.${HAIKU_3}`, `${HAIKU_3} reached its end of life on 2026-09-10; use global.${HAIKU_45} instead`],
    [
      `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU_3}`,
      `${HAIKU_3} reached its end of life on 2026-09-10; use global.${HAIKU_45} instead`,
    ],
    ['anthropic.claude-v2:1', `anthropic.claude-v2:1 reached its end of life; use global.${SONNET_45} instead`],
    ['cohere.command-r-v1:0', 'cohere.command-r-v1:0 reached its end of life on 2026-08-19'],
    [
      `us.${OPUS_41}`,
      `${OPUS_41} is legacy and ends on 2027-01-08; use global.anthropic.claude-opus-4-5-20251101-v1:0 instead`,
    ],
  ])('passes %s on and warns', async (modelId, warning) => {
    const { call: staged } = await stage(call(modelId))
    expect(staged.modelId).toBe(modelId)
    expect(staged.replyHeaders).toEqual({ 'x-other': '1', 'x-bedrock-functions-warning': warning })
  })

  test('names a successor that can be called from this Region', async () => {
    const inJapan = createStage(options({ region: 'ap-northeast-1', residency: 'geography' }))
    const { replyHeaders } = (await inJapan(call(HAIKU_3))).call
    expect(replyHeaders['x-bedrock-functions-warning']).toContain(`use jp.${HAIKU_45} instead`)
  })

  test('warns by the current day', async () => {
    const day = async (text: string) =>
      (await createStage(options({ now: () => Date.parse(text) }))(call(`us.${OPUS_41}`))).call
    expect((await day('2027-01-07T23:59:59Z')).replyHeaders['x-bedrock-functions-warning']).toContain('is legacy')
    expect((await day('2027-01-08T00:00:00Z')).replyHeaders['x-bedrock-functions-warning']).toContain(
      'reached its end of life',
    )
  })

  test('keeps another stage’s warning', async () => {
    const replyHeaders = { 'x-bedrock-functions-warning': 'first' }
    const { call: staged } = await stage({ ...call(HAIKU_3), replyHeaders })
    expect(staged.replyHeaders['x-bedrock-functions-warning']).toMatch(/^first; anthropic/)
  })
})

describe('the explainer', () => {
  const explain = createRefusalExplainer(options())
  const refusal = new BedrockError('ValidationException', 'The provided model identifier is invalid.')

  test('adds the successor to Bedrock’s refusal', async () => {
    expect(await explain(refusal, HAIKU_3)).toMatchObject({
      name: 'ValidationException',
      statusCode: 400,
      message: `The provided model identifier is invalid. ${HAIKU_3} reached its end of life on 2026-09-10; use global.${HAIKU_45} instead.`,
      cause: refusal,
    })
  })

  test('names the profiles of a model that needs one', async () => {
    const wants = new BedrockError(
      'ValidationException',
      `Invocation of model ID ${OPUS_41} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    )
    expect(((await explain(wants, 'anthropic.claude-opus-5')) as Error).message).toContain(
      'Its profiles are au.anthropic.claude-opus-5, eu.anthropic.claude-opus-5, global.anthropic.claude-opus-5',
    )
  })

  test.each([
    ['a living model', refusal, `us.${SONNET_45}`],
    ['another fault of the request', new BedrockError('ValidationException', 'max_tokens: Field required'), HAIKU_3],
    ['throttling', new BedrockError('ThrottlingException', 'model ID x'), HAIKU_3],
    ['a fault of ours', new TypeError('model ID'), HAIKU_3],
  ])('leaves %s unchanged', async (_, error, modelId) => {
    expect(await explain(error, modelId)).toBe(error)
  })

  test.each([
    ['claude-sonet', 'claude-sonnet (global.anthropic.claude-sonnet-'],
    ['claude-haiku-4', 'global.anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['anthropic.claude-haiku-4-5', 'global.anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['us.anthropic.claude-sonnet-4-5', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['amazon.nova-lite', 'amazon.nova-lite-v1:0'],
    ['amazon.nova-lit-v1:0', 'amazon.nova-lite-v1:0'],
    ['gpt-4o', 'openai.gpt-6.1-'],
    ['CLAUDE-SONNET', 'claude-sonnet (global.anthropic.claude-sonnet-'],
    ['deepseek-r1', 'deepseek.r1-v1:0'],
    ['llama3-8b', 'meta.llama3-1-8b-instruct-v1:0'],
    ['sonnet-4-6', 'global.anthropic.claude-sonnet-4-6'],
    ['nova-lte', 'amazon.nova-lite-v1:0'],
    ['meta.lama4-scout-17b-instruct-v1:0', 'meta.llama4-scout-17b-instruct-v1:0'],
  ])('names the models nearest to %s after Bedrock’s sentence', async (asked, expected) => {
    const { message } = (await explain(refusal, asked)) as Error
    expect(message).toMatch(
      /^The provided model identifier is invalid\. Did you mean .*\? GET \/models lists the models/,
    )
    expect(message).toContain(expected)
  })

  test('names no model if none is near, and none that is not allowed', async () => {
    const plain = 'The provided model identifier is invalid. GET /models lists the models of this stack.'
    expect(((await explain(refusal, 'xyzzy.quux-v1')) as Error).message).toBe(plain)
    const none = createRefusalExplainer(options({ isAllowed: () => false }))
    expect(((await none(refusal, 'claude-sonet')) as Error).message).toBe(plain)
  })
})
