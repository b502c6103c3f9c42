import { resolveModel } from '../../../local/bedrock/models/resolve-model.ts'
import { type ModelTraits, readTraits } from '../../../local/bedrock/models/traits.ts'

test.each<[string, (keyof ModelTraits)[]]>([
  ['anthropic.claude-v2:1', ['countsTokens', 'refusesTools']],
  ['anthropic.claude-3-5-sonnet-20241022-v2:0', ['countsTokens']],
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', ['countsTokens', 'thinking']],
  ['anthropic.claude-sonnet-4-20250514-v1:0', ['countsTokens', 'profileOnly', 'thinking']],
  ['anthropic.claude-opus-4-1-20250805-v1:0', ['countsTokens', 'exclusiveSampling', 'profileOnly', 'thinking']],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', ['countsTokens', 'exclusiveSampling', 'profileOnly', 'thinking']],
  ['anthropic.claude-opus-4-6-v1', ['countsTokens', 'exclusiveSampling', 'profileOnly', 'refusesPrefill', 'thinking']],
  ['anthropic.claude-opus-4-7', ['countsTokens', 'profileOnly', 'refusesPrefill', 'refusesSampling', 'thinking']],
  ['anthropic.claude-sonnet-5', ['profileOnly', 'refusesPrefill', 'refusesSampling', 'thinking']],
  [
    'anthropic.claude-sonnet-5-5',
    ['profileOnly', 'refusesForcedTools', 'refusesPrefill', 'refusesSampling', 'thinking'],
  ],
  ['amazon.nova-premier-v1:0', ['profileOnly', 'startsWithUser']],
  ['amazon.nova-lite-v1:0', ['startsWithUser']],
  [
    'meta.llama3-3-70b-instruct-v1:0',
    ['isolatesToolResults', 'refusesToolChoiceAny', 'refusesToolChoiceTool', 'startsWithUser'],
  ],
  ['amazon.nova-2-lite-v1:0', ['profileOnly', 'refusesOutputConfig', 'startsWithUser']],
])('the traits of %s are read', (baseId, expected) => {
  const traits = Object.entries(readTraits(baseId)).filter(([, value]) => value)

  expect(traits.map(([name]) => name).sort()).toEqual(expected)
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
