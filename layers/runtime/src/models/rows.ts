import type { CatalogueData, CatalogueModel, ModelLine, TurnRules } from './model-row.ts'
import { inheritRules } from './model-rules.ts'
import catalogue from './models.json' with { type: 'json' }

/** The table of models, for programs that need it at once. Functions load it late, by `loadCatalogue`. */
export const CATALOGUE = catalogue as unknown as CatalogueData

export type { ModelThinking, ThinkingKind } from './model-row.ts'

/** Parameters and features that a model accepts or refuses. */
export interface ModelTraits extends TurnRules {
  readonly refuses: readonly string[]
  readonly exclusive: readonly string[]
  /** True if its own id may be called; null where it is not known. */
  readonly onDemand: boolean | null
  readonly countTokens: boolean
  /** null where no limit is known. */
  readonly maxOutputTokens: number | null
  /** Native body of InvokeModel; undefined where the family says it, or nothing is known. */
  readonly nativeBody: string | undefined
}

/** Finds the traits of a foundation model; one that the table does not list has those of its line. */
export function findTraits(baseId: string, { models, lines }: CatalogueData = CATALOGUE): ModelTraits {
  const row = models.find(({ modelId }) => modelId === baseId)
  const named = Object.fromEntries(Object.entries(lines).map(([start, line]) => [`${start}*`, line]))
  const {
    refuses = [],
    exclusive = [],
    onDemand = null,
    countTokens,
    thinking = null,
    startsWithUser = false,
    isolatesToolResults = false,
    refusesToolStatus = false,
    nativeBody,
  } = inheritRules(baseId, named, row && ownTraits(row))
  return {
    thinking,
    startsWithUser,
    isolatesToolResults,
    refusesToolStatus,
    refuses,
    exclusive,
    onDemand,
    countTokens: countTokens ?? false,
    maxOutputTokens: row?.maxOutputTokens ?? null,
    nativeBody,
  }
}

/** The members of a row that say something: null means not known, and leaves it to the line. */
function ownTraits({ refuses, exclusive, onDemand, capabilities }: CatalogueModel): ModelLine {
  const { countTokens } = capabilities
  return { refuses, exclusive, ...(onDemand !== null && { onDemand }), ...(countTokens !== null && { countTokens }) }
}
