import type { FoundationModelSummary } from '@aws-sdk/client-bedrock'
import { reachablePrefixes } from '../../layers/runtime/src/models/geographies.ts'
import { OWN_ID, readModelName } from '../../layers/runtime/src/models/model-id.ts'
import type { CatalogueData, CatalogueModel, Lifecycle } from '../../layers/runtime/src/models/model-row.ts'
import type { RegionOffer } from './read-account.ts'

export interface MergedCatalogue {
  readonly catalogue: CatalogueData
  /** One line for each change. */
  readonly changes: readonly string[]
}

/**
 * Updates ids, profiles and lifecycles of the catalogue to the offers of some Regions. Facts that Bedrock does not list
 * (prices, limits) stay, and so do profiles that these Regions cannot reach. A model that none of them offers stays, too,
 * because another Region may offer it.
 *
 * @param day day of the offers, YYYY-MM-DD
 */
export function mergeOffers(catalogue: CatalogueData, offers: readonly RegionOffer[], day: string): MergedCatalogue {
  const offered = collect(offers)
  const looked = new Set(offers.flatMap(({ region }) => reachablePrefixes(region, 'global')))
  const known = new Map(catalogue.models.map((model) => [model.modelId, model]))
  const changes: string[] = []
  const models = [...new Set([...known.keys(), ...offered.keys()])].sort().map((modelId) => {
    const before = known.get(modelId)
    const offer = offered.get(modelId)
    if (!offer) return before as CatalogueModel
    const after = before ? update(before, offer, looked, day) : create(modelId, offer, day)
    changes.push(...describeChanges(before, after))
    return after
  })
  return { catalogue: changes.length === 0 ? catalogue : { ...catalogue, asOf: day, models }, changes }
}

/** Offers of one model in all Regions. */
interface ModelOffer {
  readonly prefixes: Set<string>
  readonly summaries: FoundationModelSummary[]
}

function collect(offers: readonly RegionOffer[]): Map<string, ModelOffer> {
  const offered = new Map<string, ModelOffer>()
  const entry = (modelId: string): ModelOffer => {
    const found = offered.get(modelId) ?? { prefixes: new Set<string>(), summaries: [] }
    offered.set(modelId, found)
    return found
  }
  for (const { models, profileIds } of offers) {
    for (const summary of models) {
      // Variants such as `…-v1:0:48k` need provisioned throughput, and a call names its ARN instead.
      const isProvisionedOnly = summary.inferenceTypesSupported?.every((type) => type === 'PROVISIONED') ?? false
      if (summary.modelId !== undefined && !isProvisionedOnly) entry(summary.modelId).summaries.push(summary)
    }
    for (const profileId of profileIds) {
      const { baseId, prefix } = readModelName(profileId) ?? {}
      if (baseId !== undefined && prefix !== undefined) entry(baseId).prefixes.add(prefix)
    }
  }
  return offered
}

function update(before: CatalogueModel, offer: ModelOffer, looked: ReadonlySet<string>, day: string): CatalogueModel {
  const profiles = [...new Set([...before.profiles.filter((prefix) => !looked.has(prefix)), ...offer.prefixes])].sort()
  const onDemand = readOnDemand(offer) ?? before.onDemand
  const callable = new Set(onDemand === false ? profiles : [OWN_ID, ...profiles])
  return {
    ...before,
    onDemand,
    profiles,
    capabilities: { ...before.capabilities, stream: readStreaming(offer) ?? before.capabilities.stream },
    prices: Object.fromEntries(Object.entries(before.prices).filter(([key]) => callable.has(key))),
    lifecycle: updateLifecycle(before.lifecycle, offer, day),
  }
}

/** New row; facts that Bedrock does not list are null. */
function create(modelId: string, offer: ModelOffer, day: string): CatalogueModel {
  const [summary] = offer.summaries
  const inputModalities = (summary?.inputModalities ?? []).map(nameModality)
  return {
    modelId,
    provider: modelId.slice(0, modelId.indexOf('.')),
    contextTokens: null,
    maxOutputTokens: null,
    inputModalities,
    outputModalities: (summary?.outputModalities ?? []).map(nameModality),
    reasoning: null,
    onDemand: readOnDemand(offer),
    profiles: [...offer.prefixes].sort(),
    capabilities: {
      converse: null,
      stream: readStreaming(offer),
      tools: null,
      vision: summary ? inputModalities.includes('image') : null,
      documents: null,
      cache: null,
      countTokens: null,
      async: null,
      batch: null,
    },
    cache: null,
    refuses: [],
    exclusive: [],
    serviceTiers: null,
    prices: {},
    lifecycle: updateLifecycle(
      { status: 'ACTIVE', legacyDate: null, endOfLifeDate: null, successor: null },
      offer,
      day,
    ),
  }
}

/** Null where no Region lists the model. */
function readOnDemand({ summaries }: ModelOffer): boolean | null {
  const types = summaries.flatMap(({ inferenceTypesSupported }) => inferenceTypesSupported ?? [])
  return types.length === 0 ? null : types.includes('ON_DEMAND')
}

function readStreaming({ summaries }: ModelOffer): boolean | null {
  const answers = summaries.flatMap(({ responseStreamingSupported }) => responseStreamingSupported ?? [])
  return answers.length === 0 ? null : answers.includes(true)
}

/** Regions may differ. The latest dates count, and a model is legacy where it is legacy in all Regions. */
function updateLifecycle(before: Lifecycle, { summaries }: ModelOffer, day: string): Lifecycle {
  const lifecycles = summaries.flatMap(({ modelLifecycle }) => modelLifecycle ?? [])
  if (lifecycles.length === 0) return before
  const latest = (times: readonly (Date | undefined)[]): string | null =>
    times
      .flatMap((time) => time?.toISOString().slice(0, 10) ?? [])
      .sort()
      .at(-1) ?? null
  // A model that is offered has not ended, so an announced date in the past is wrong.
  const announced = before.endOfLifeDate !== null && before.endOfLifeDate > day ? before.endOfLifeDate : null
  return {
    status: lifecycles.every(({ status }) => status === 'LEGACY') ? 'LEGACY' : 'ACTIVE',
    legacyDate: latest(lifecycles.map(({ legacyTime }) => legacyTime)) ?? before.legacyDate,
    endOfLifeDate: latest(lifecycles.map(({ endOfLifeTime }) => endOfLifeTime)) ?? announced,
    successor: before.successor,
  }
}

function nameModality(modality: string): string {
  return modality === 'SPEECH' ? 'audio' : modality.toLowerCase()
}

function describeChanges(before: CatalogueModel | undefined, after: CatalogueModel): string[] {
  const { modelId } = after
  if (!before)
    return [`${modelId}: new, ${[...after.profiles].join(' ') || 'no profiles'}; its limits and prices are unknown`]
  const view = ({ onDemand, profiles, capabilities: { stream }, lifecycle }: CatalogueModel) => ({
    onDemand,
    profiles,
    stream,
    lifecycle,
  })
  const [old, current] = [view(before), view(after)].map((value) =>
    Object.entries(value).map(([name, member]) => [name, JSON.stringify(member)] as const),
  )
  return (current ?? []).flatMap(([name, value], index) => {
    const earlier = old?.[index]?.[1]
    return earlier === value ? [] : [`${modelId}: ${name} was ${earlier}, is ${value}`]
  })
}
