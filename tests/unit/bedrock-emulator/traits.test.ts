import { resolveModel } from '../../../local/bedrock/models/resolve-model.ts'
import { type ModelTraits, readTraits } from '../../../local/bedrock/models/traits.ts'

/** Traits of the model itself, beside those of its inputs, its cache, its tiers and its context window. */
const RULES = [
  'countsTokens',
  'exclusiveSampling',
  'isolatesToolResults',
  'profileOnly',
  'refusesForcedTools',
  'refusesOutputConfig',
  'refusesPrefill',
  'refusesSampling',
  'refusesStreamedTools',
  'refusesToolChoiceAny',
  'refusesToolChoiceTool',
  'refusesTools',
  'startsWithUser',
  'thinking',
] as const

type Rule = (typeof RULES)[number]

test.each<[string, Rule[]]>([
  ['anthropic.claude-v2:1', ['countsTokens', 'refusesTools']],
  ['anthropic.claude-3-5-sonnet-20241022-v2:0', ['countsTokens', 'refusesOutputConfig']],
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', ['countsTokens', 'refusesOutputConfig', 'thinking']],
  ['anthropic.claude-sonnet-4-20250514-v1:0', ['countsTokens', 'profileOnly', 'refusesOutputConfig', 'thinking']],
  [
    'anthropic.claude-opus-4-1-20250805-v1:0',
    ['countsTokens', 'exclusiveSampling', 'profileOnly', 'refusesOutputConfig', 'thinking'],
  ],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', ['countsTokens', 'exclusiveSampling', 'profileOnly', 'thinking']],
  ['anthropic.claude-opus-4-6-v1', ['countsTokens', 'exclusiveSampling', 'profileOnly', 'refusesPrefill', 'thinking']],
  ['anthropic.claude-opus-4-7', ['countsTokens', 'profileOnly', 'refusesPrefill', 'refusesSampling', 'thinking']],
  ['anthropic.claude-sonnet-5', ['profileOnly', 'refusesPrefill', 'refusesSampling', 'thinking']],
  [
    'anthropic.claude-sonnet-5-5',
    ['profileOnly', 'refusesForcedTools', 'refusesPrefill', 'refusesSampling', 'thinking'],
  ],
  ['amazon.nova-premier-v1:0', ['profileOnly', 'refusesOutputConfig', 'startsWithUser']],
  ['amazon.nova-lite-v1:0', ['refusesOutputConfig', 'startsWithUser']],
  [
    'meta.llama3-3-70b-instruct-v1:0',
    [
      'isolatesToolResults',
      'refusesOutputConfig',
      'refusesStreamedTools',
      'refusesToolChoiceAny',
      'refusesToolChoiceTool',
      'startsWithUser',
    ],
  ],
  ['amazon.nova-2-lite-v1:0', ['profileOnly', 'refusesOutputConfig', 'startsWithUser']],
])('the rules of %s are read', (baseId, expected) => {
  const traits = readTraits(baseId)

  expect(RULES.filter((rule) => traits[rule])).toEqual(expected)
})

test.each<[string, Partial<ModelTraits>]>([
  [
    'anthropic.claude-haiku-4-5-20251001-v1:0',
    { isClaude: true, refusesVideo: true, contextTokens: 200_000, overflow: 'promptTooLong', countsMaxTokens: false },
  ],
  [
    'anthropic.claude-3-5-sonnet-20241022-v2:0',
    { refusesHourCache: true, contextTokens: 200_000, overflow: 'inputTooLong', countsMaxTokens: true },
  ],
  ['anthropic.claude-v2:1', { refusesImages: true, contextTokens: 200_000 }],
  [
    'amazon.nova-pro-v1:0',
    {
      isClaude: false,
      refusesVideo: false,
      refusesToolCachePoints: true,
      optimizedLatency: true,
      overflow: 'inputExceeded',
    },
  ],
  ['amazon.nova-micro-v1:0', { refusesImages: true, refusesDocuments: true, refusesVideo: true }],
  [
    'meta.llama3-3-70b-instruct-v1:0',
    { refusesCachePoints: true, optimizedLatency: false, contextTokens: 131_072, overflow: 'contextLength' },
  ],
  [
    '',
    {
      refusesCachePoints: false,
      refusesVideo: false,
      optimizedLatency: undefined,
      serviceTiers: undefined,
      betas: undefined,
      contextTokens: undefined,
    },
  ],
])('the features of %p are read', (baseId, expected) => {
  expect(readTraits(baseId)).toMatchObject(expected)
})

test.each([
  ['us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic.claude-sonnet-4-5-20250929-v1:0', true],
  ['arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0', false],
  ['arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0', true],
  ['arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc', undefined, true],
])('%s is the model %s', (modelId, baseId, viaProfile) => {
  expect(resolveModel(modelId)).toMatchObject({ requestedId: modelId, viaProfile })
  expect(resolveModel(modelId).baseId).toBe(baseId)
})
