import type { CatalogueModel } from '@bedrock-functions/runtime/models'
import type { Operation } from '../operations/operation.ts'
import { projectIdentifier } from '../projects/projects.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { oneOf, structure } from '../shapes/shape.ts'
import { findPartition, foundationModelArn, readRegion } from './caller-region.ts'
import { findOfferedModels } from './offered-models.ts'

/** Source: the service model of bedrock 2023-04-20, ListFoundationModelsRequest. */
const listFoundationModelsRequest = structure({
  byProvider: { type: 'string', pattern: /^[A-Za-z0-9- ]{1,63}$/ },
  byCustomizationType: oneOf('FINE_TUNING', 'CONTINUED_PRE_TRAINING', 'DISTILLATION'),
  byOutputModality: oneOf('TEXT', 'IMAGE', 'EMBEDDING'),
  byInferenceType: oneOf('ON_DEMAND', 'PROVISIONED'),
  projectIdentifier,
})

/** ListFoundationModels: the models of the catalogue, in every Region, without pages. */
export const listFoundationModels: Operation = async ({ query, headers }) => {
  requireShape(Object.fromEntries(query), listFoundationModelsRequest, describeForService)
  const region = readRegion(headers)
  const summaries = (await findOfferedModels()).map((model) => summarize(model, region))
  const wanted = (name: string, values: (summary: Summary) => readonly string[]) => (summary: Summary) => {
    const value = query.get(name)
    return value === null || values(summary).some((item) => item.toLowerCase() === value.toLowerCase())
  }
  return {
    body: {
      modelSummaries: summaries
        .filter(wanted('byProvider', ({ providerName }) => [providerName]))
        .filter(wanted('byOutputModality', ({ outputModalities }) => outputModalities))
        .filter(wanted('byInferenceType', ({ inferenceTypesSupported }) => inferenceTypesSupported))
        .filter(wanted('byCustomizationType', ({ customizationsSupported }) => customizationsSupported)),
    },
  }
}

interface Summary extends JsonObject {
  readonly providerName: string
  readonly outputModalities: readonly string[]
  readonly inferenceTypesSupported: readonly string[]
  readonly customizationsSupported: readonly string[]
}

function summarize(model: CatalogueModel, region: string): Summary {
  const { modelId, provider, capabilities, lifecycle, onDemand, profiles } = model
  return {
    modelArn: foundationModelArn(findPartition(region), region, modelId),
    modelId,
    providerName: PROVIDER_NAMES[provider] ?? provider,
    inputModalities: model.inputModalities.map(nameModality),
    outputModalities: model.outputModalities.map(nameModality),
    ...(capabilities.stream !== null && { responseStreamingSupported: capabilities.stream }),
    customizationsSupported: [],
    inferenceTypesSupported: [
      // The emulator accepts the bare id of every model unless it knows that the model needs a profile.
      ...(onDemand === false ? [] : ['ON_DEMAND']),
      ...(profiles.length > 0 ? ['INFERENCE_PROFILE'] : []),
    ],
    modelLifecycle: {
      status: lifecycle.status,
      ...(lifecycle.legacyDate !== null && { legacyTime: midnight(lifecycle.legacyDate) }),
      ...(lifecycle.endOfLifeDate !== null && { endOfLifeTime: midnight(lifecycle.endOfLifeDate) }),
    },
  }
}

/** Provider names as Bedrock writes them; others are written as in the id. */
const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  ai21: 'AI21 Labs',
  amazon: 'Amazon',
  anthropic: 'Anthropic',
  cohere: 'Cohere',
  deepseek: 'DeepSeek',
  meta: 'Meta',
  mistral: 'Mistral AI',
  openai: 'OpenAI',
  qwen: 'Qwen',
  twelvelabs: 'TwelveLabs',
  writer: 'Writer',
}

function nameModality(modality: string): string {
  return modality === 'audio' ? 'SPEECH' : modality.toUpperCase()
}

function midnight(day: string): string {
  return `${day}T00:00:00Z`
}
