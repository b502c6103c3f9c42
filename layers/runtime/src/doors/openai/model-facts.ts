import type { ModelThinking, SamplingRule } from '../../models/model-row.ts'
import { baseModelId, findRules } from '../../models/model-rules.ts'
import { findTraits } from '../../models/rows.ts'

/** Facts about a model that decide how a request is translated. For an account's own resources nothing is known. */
export interface ModelFacts {
  readonly modelId: string
  /** Family of native bodies, e.g. `Claude`; undefined: not known. */
  readonly family: string | undefined
  /** Features that the model is known to refuse, e.g. `outputConfig`. */
  readonly refuses: ReadonlySet<string>
  readonly sampling: SamplingRule | undefined
  /** Thinking of Claude; undefined: another model, or one that does not think. */
  readonly thinking: ModelThinking | undefined
  /** True if it can reason; null: not known. */
  readonly reasoning: boolean | null
  /** False if it is known to have no cache points. */
  readonly mayCache: boolean
}

export function readModelFacts(modelId: string): ModelFacts {
  const baseId = baseModelId(modelId)
  const rules = findRules(modelId)
  const traits = baseId === undefined ? undefined : findTraits(baseId)
  return {
    modelId,
    family: rules?.family ?? undefined,
    refuses: new Set(traits?.refuses),
    sampling: rules?.sampling ?? undefined,
    thinking: traits?.thinking ?? undefined,
    reasoning: traits?.reasoning ?? null,
    mayCache: !rules || Boolean(rules.minimumCacheTokens),
  }
}
