import { join } from 'node:path'
import type { AccountFacts } from '../../scripts/doctor/account-facts.ts'
import { judgeAccount } from '../../scripts/doctor/judge-account.ts'
import { readRegionsWithoutUrls } from '../../scripts/doctor/regions-without-urls.ts'

const READY: AccountFacts = {
  region: 'us-east-1',
  modelId: 'anthropic.claude-sonnet-4-6',
  concurrency: { value: { limit: 1000, unreserved: 900 } },
  loggingRole: { value: undefined },
  modelName: { value: 'Claude Sonnet 4.6' },
  profileIds: { value: ['us.anthropic.claude-sonnet-4-6', 'global.anthropic.claude-sonnet-4-6'] },
  access: {
    value: { agreement: 'AVAILABLE', authorization: 'AUTHORIZED', entitlement: 'AVAILABLE', region: 'AVAILABLE' },
  },
  useCase: { value: true },
  invocationLogging: { value: false },
  quotas: {
    value: [
      { name: 'Global cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.6', value: 3e6 },
    ],
  },
}

const levelsOf = (facts: Partial<AccountFacts>, level: string) =>
  judgeAccount({ ...READY, ...facts }, [])
    .findings.filter((finding) => finding.level === level)
    .map(({ text }) => text)

const parametersOf = (facts: Partial<AccountFacts>) => judgeAccount({ ...READY, ...facts }, []).parameters

test('an account that is ready has no failure and needs no parameters', () => {
  expect(levelsOf({}, 'fail')).toEqual([])
  expect(parametersOf({})).toEqual({})
})

test('a missing agreement, a missing form and a quota of zero are failures with their remedy', () => {
  const quota = 'On-demand model inference requests per minute for Anthropic Claude Sonnet 4.6 V1'
  const failures = levelsOf(
    {
      access: {
        value: {
          agreement: 'NOT_AVAILABLE',
          authorization: 'AUTHORIZED',
          entitlement: 'AVAILABLE',
          region: 'AVAILABLE',
        },
      },
      useCase: { value: false },
      quotas: { value: [{ name: quota, value: 0 }] },
    },
    'fail',
  )
  expect(failures).toEqual([
    expect.stringContaining('aws-marketplace:Subscribe'),
    expect.stringContaining('PutUseCaseForModelAccess'),
    `${quota}: 0. Ask AWS Support for a quota`,
  ])
})

test('quotas of a model with a longer name are not those of the model', () => {
  const quotas = { value: [{ name: 'Requests per minute for Anthropic Claude Sonnet 4.65', value: 0 }] }
  expect(levelsOf({ quotas }, 'fail')).toEqual([])
  expect(levelsOf({ quotas }, 'look')).toContain('Service Quotas has no quota with the name of Claude Sonnet 4.6')
})

test('other models than those of Anthropic need no form', () => {
  expect(levelsOf({ modelId: 'amazon.nova-micro-v1:0', useCase: { value: false } }, 'fail').join()).not.toContain(
    'form',
  )
})

test('a Region without a global profile gets the profile of its geography', () => {
  const profileIds = { value: ['eu.anthropic.claude-sonnet-4-6', 'us.anthropic.claude-sonnet-4-6'] }
  expect(parametersOf({ region: 'eu-central-1', profileIds })).toEqual({
    DataResidency: 'GEOGRAPHY',
    DefaultModelId: 'eu.anthropic.claude-sonnet-4-6',
  })
})

test('a model without a profile is called on demand, and a Region without the model is a failure', () => {
  expect(parametersOf({ profileIds: { value: [] } })).toEqual({ DefaultModelId: 'anthropic.claude-sonnet-4-6' })
  expect(levelsOf({ profileIds: { value: [] }, modelName: { value: undefined } }, 'fail')).toEqual([
    expect.stringContaining('us-east-1 has neither anthropic.claude-sonnet-4-6 nor a profile'),
  ])
})

test('the logging role of API Gateway allows access logs', () => {
  expect(parametersOf({ loggingRole: { value: 'arn:aws:iam::123456789012:role/logs' } })).toEqual({
    AccessLogs: 'true',
  })
})

test('a fact that could not be read is unknown and says why', () => {
  expect(levelsOf({ quotas: { unknown: 'AccessDeniedException: no' } }, 'unknown')).toEqual([
    'quotas of Bedrock: AccessDeniedException: no',
  ])
})

test('the Regions without function URLs are those of the template', async () => {
  const regions = await readRegionsWithoutUrls(join(import.meta.dirname, '..', '..', 'template.yaml'))
  expect(regions).toEqual(expect.arrayContaining(['ap-south-2', 'ca-west-1', 'eu-central-2', 'us-gov-west-1']))
  expect(regions).not.toContain('us-east-1')
  const { findings } = judgeAccount({ ...READY, region: 'eu-central-2' }, regions)
  expect(findings.map(({ text }) => text)).toContain('eu-central-2 has no function URLs: streams go through the API')
})
