import { type ConversationWording, parameterMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { ConversationRequest, InferenceParameters } from './types.ts'

/** Checks token limits, sampling, system and tools against the model. ValidationException otherwise. */
export function checkParameters(request: ConversationRequest, model: Model, wording: ConversationWording): void {
  const { parameters, system, tools } = request
  const limit = model.maxOutputTokens
  if (limit !== undefined && (parameters.maxTokens ?? 0) > limit) throw validationError(messages.maxTokens(limit))
  checkSampling(parameters, model, wording)
  if (system !== '' && model.traits.refusesSystem) throw validationError(messages.systemUnsupported)
  if (tools.length > 0 && model.traits.refusesTools) throw validationError(messages.toolsUnsupported)
}

/** Members of Converse, whose names models without Claude's own texts get. */
const FIELDS: Partial<Readonly<Record<string, string>>> = { top_p: 'topP' }

function checkSampling(
  { temperature, topP, topK }: InferenceParameters,
  { traits }: Model,
  wording: ConversationWording,
): void {
  if (traits.exclusiveSampling && temperature !== undefined && topP !== undefined) {
    throw validationError(wording.fromModel(messages.samplingExclusive))
  }
  const given = Object.entries({ temperature, top_p: topP, top_k: topK }).find(([, value]) => value !== undefined)
  if (!traits.refusesSampling || !given) return
  const [name] = given
  throw validationError(
    traits.isClaude ? wording.fromModel(messages.samplingRefused(name)) : messages.fieldRefused(FIELDS[name] ?? name),
  )
}
