import type { FoundationModelSummary } from '@aws-sdk/client-bedrock'
import type { CatalogueData, CatalogueModel } from '../../../layers/runtime/src/models/model-row.ts'
import { mergeOffers } from '../../../scripts/models/merge-offers.ts'

const model: CatalogueModel = {
  modelId: 'acme.one-v1:0',
  provider: 'acme',
  contextTokens: 1_000,
  maxOutputTokens: 100,
  inputModalities: ['text', 'video'],
  outputModalities: ['text'],
  reasoning: true,
  onDemand: true,
  profiles: ['eu', 'us', 'us-gov'],
  capabilities: {
    converse: true,
    stream: true,
    tools: true,
    vision: false,
    documents: null,
    cache: null,
    countTokens: null,
    async: null,
    batch: null,
  },
  cache: null,
  refuses: ['topK'],
  exclusive: [],
  serviceTiers: null,
  prices: { base: { input: 1, output: 2 }, eu: { input: 3, output: 4 }, us: { input: 1, output: 2 } },
  lifecycle: { status: 'ACTIVE', legacyDate: null, endOfLifeDate: null, successor: null },
}
const catalogue: CatalogueData = {
  asOf: '2026-01-01',
  currency: 'USD',
  sources: {},
  pricesAsOf: '2026-01-01',
  tierFactors: {},
  aliases: {},
  lines: {},
  otherModels: [],
  models: [model],
}
const DAY = '2026-11-21'

const summary = (modelId: string, more: Partial<FoundationModelSummary> = {}): FoundationModelSummary => ({
  modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
  modelId,
  inferenceTypesSupported: ['ON_DEMAND'],
  responseStreamingSupported: true,
  modelLifecycle: { status: 'ACTIVE' },
  ...more,
})
const offer = (region: string, models: FoundationModelSummary[], profileIds: string[] = []) => ({
  region,
  models,
  profileIds,
})
const merge = (...offers: ReturnType<typeof offer>[]) => mergeOffers(catalogue, offers, DAY)
const merged = (...offers: ReturnType<typeof offer>[]) => merge(...offers).catalogue.models[0]

test('an unchanged offer changes nothing', () => {
  const same = merge(offer('us-east-1', [summary('acme.one-v1:0')], ['us.acme.one-v1:0']))
  expect(same).toEqual({ catalogue, changes: [] })
  expect(same.catalogue).toBe(catalogue)
})

test('profiles of the requested Regions are replaced, and others stay', () => {
  const us = merge(offer('us-east-1', [summary('acme.one-v1:0')], ['global.acme.one-v1:0']))
  expect(us.catalogue.models[0]).toMatchObject({ profiles: ['eu', 'global', 'us-gov'] })
  expect(us.changes).toEqual(['acme.one-v1:0: profiles was ["eu","us","us-gov"], is ["eu","global","us-gov"]'])
  expect(us.catalogue.asOf).toBe(DAY)
  const both = merged(
    offer('us-east-1', [summary('acme.one-v1:0')], ['us.acme.one-v1:0']),
    offer('eu-central-1', [summary('acme.one-v1:0')], ['global.acme.one-v1:0']),
  )
  expect(both?.profiles).toEqual(['global', 'us', 'us-gov'])
})

test('prices and limits stay, except prices of ids that cannot be called any more', () => {
  const profileOnly = merged(
    offer(
      'us-east-1',
      [summary('acme.one-v1:0', { inferenceTypesSupported: ['INFERENCE_PROFILE' as 'ON_DEMAND'] })],
      ['us.acme.one-v1:0'],
    ),
  )
  expect(profileOnly).toEqual({
    ...model,
    onDemand: false,
    prices: { eu: { input: 3, output: 4 }, us: { input: 1, output: 2 } },
  })
})

test('a model that one Region offers on demand is an on-demand model', () => {
  const mixed = merged(
    offer('eu-central-1', [summary('acme.one-v1:0', { inferenceTypesSupported: [] })], ['eu.acme.one-v1:0']),
    offer('us-east-1', [summary('acme.one-v1:0')], ['us.acme.one-v1:0']),
  )
  expect(mixed?.onDemand).toBe(true)
})

test('a new model has the facts that Bedrock lists', () => {
  const { catalogue: after, changes } = merge(
    offer('us-east-1', [
      summary('acme.two-v1:0', {
        inputModalities: ['TEXT', 'SPEECH' as 'TEXT', 'IMAGE'],
        outputModalities: ['TEXT'],
        modelLifecycle: { status: 'LEGACY', endOfLifeTime: new Date('2027-02-03T00:00:00Z') },
      }),
      // It needs provisioned throughput, so no call names it.
      summary('acme.two-v1:0:48k', { inferenceTypesSupported: ['PROVISIONED'] }),
    ]),
  )
  expect(after.models.map(({ modelId }) => modelId)).toEqual(['acme.one-v1:0', 'acme.two-v1:0'])
  expect(after.models[1]).toMatchObject({
    provider: 'acme',
    contextTokens: null,
    inputModalities: ['text', 'audio', 'image'],
    onDemand: true,
    profiles: [],
    capabilities: { stream: true, vision: true, converse: null },
    prices: {},
    lifecycle: { status: 'LEGACY', legacyDate: null, endOfLifeDate: '2027-02-03', successor: null },
  })
  expect(changes).toEqual(['acme.two-v1:0: new, no profiles; its limits and prices are unknown'])
})

test('a model is legacy when it is legacy in all Regions, and ends with the last Region', () => {
  const ending = (status: 'ACTIVE' | 'LEGACY', day: string) =>
    summary('acme.one-v1:0', {
      modelLifecycle: {
        status,
        legacyTime: new Date('2026-06-01T00:00:00Z'),
        endOfLifeTime: new Date(`${day}T00:00:00Z`),
      },
    })
  const us = offer('us-east-1', [ending('LEGACY', '2027-01-01')])
  expect(merged(us, offer('eu-west-1', [ending('LEGACY', '2027-03-01')]))?.lifecycle).toEqual({
    status: 'LEGACY',
    legacyDate: '2026-06-01',
    endOfLifeDate: '2027-03-01',
    successor: null,
  })
  expect(merged(us, offer('eu-west-1', [summary('acme.one-v1:0')]))?.lifecycle.status).toBe('ACTIVE')
})

test('an announced end stays; an announced end that did not happen is removed', () => {
  const after = (endOfLifeDate: string) =>
    mergeOffers(
      { ...catalogue, models: [{ ...model, lifecycle: { ...model.lifecycle, endOfLifeDate, successor: 'acme.two' } }] },
      [offer('us-east-1', [summary('acme.one-v1:0')], ['us.acme.one-v1:0'])],
      DAY,
    ).catalogue.models[0]?.lifecycle
  expect(after('2027-05-05')).toMatchObject({ endOfLifeDate: '2027-05-05', successor: 'acme.two' })
  expect(after('2026-10-10')).toMatchObject({ endOfLifeDate: null, successor: 'acme.two' })
})
