import { findTraits, type ModelThinking } from '@bedrock-functions/runtime/models/rows'

/** What a model does or refuses, beside its family. */
export interface ModelTraits {
  /** Only inference profiles reach it: its bare id is refused. */
  readonly profileOnly: boolean
  /** Takes `temperature` or `topP`, not both. */
  readonly exclusiveSampling: boolean
  /** Takes none of `temperature`, `topP` and `topK`. */
  readonly refusesSampling: boolean
  /** The last message must be the user's. */
  readonly refusesPrefill: boolean
  /** A tool choice of `any` or `tool` is refused. */
  readonly refusesForcedTools: boolean
  readonly refusesSystem: boolean
  readonly refusesTools: boolean
  readonly countsTokens: boolean
  readonly refusesToolChoiceAny: boolean
  readonly refusesToolChoiceTool: boolean
  readonly refusesStreamedTools: boolean
  readonly refusesOutputConfig: boolean
  /** undefined for models without Claude's thinking, and where nothing is known. */
  readonly thinking: ModelThinking | undefined
  readonly startsWithUser: boolean
  readonly isolatesToolResults: boolean
  readonly refusesToolStatus: boolean
}

/** Reads the traits of a foundation model from the table of models. */
export function readTraits(baseId: string): ModelTraits {
  const { refuses, exclusive, onDemand, countTokens, ...turns } = findTraits(baseId)
  return {
    profileOnly: onDemand === false,
    exclusiveSampling: ['temperature', 'topP'].every((name) => exclusive.includes(name)),
    refusesSampling: refuses.includes('temperature'),
    refusesPrefill: refuses.includes('assistantPrefill'),
    refusesForcedTools: refuses.includes('forcedToolChoice'),
    refusesSystem: refuses.includes('system'),
    refusesTools: refuses.includes('tools'),
    countsTokens: countTokens,
    refusesToolChoiceAny: refuses.includes('toolChoiceAny'),
    refusesToolChoiceTool: refuses.includes('toolChoiceTool'),
    refusesStreamedTools: refuses.includes('streamedTools'),
    refusesOutputConfig: refuses.includes('outputConfig'),
    thinking: turns.thinking ?? undefined,
    startsWithUser: turns.startsWithUser ?? false,
    isolatesToolResults: turns.isolatesToolResults ?? false,
    refusesToolStatus: turns.refusesToolStatus ?? false,
  }
}
