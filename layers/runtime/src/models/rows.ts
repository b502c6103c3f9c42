import type { Capabilities, CatalogueData, CatalogueModel, FeatureRules, ModelLine, TurnRules } from './model-row.ts'
import { inheritRules, remember } from './model-rules.ts'
import rows from './models.json' with { type: 'json' }

/** The table of models, for programs that need it at once. Functions load it late, by `loadCatalogue`. */
export const CATALOGUE = rows as unknown as CatalogueData

export type { ModelThinking, OverflowWording, ThinkingKind } from './model-row.ts'

/** Parameters and features that a model accepts or refuses. */
export interface ModelTraits extends TurnRules, FeatureRules {
  readonly refuses: readonly string[]
  readonly exclusive: readonly string[]
  /** True if its own id may be called; null where it is not known. */
  readonly onDemand: boolean | null
  readonly countTokens: boolean
  /** True if it can reason; null where it is not known. */
  readonly reasoning: boolean | null
  /** null where no limit is known. */
  readonly maxOutputTokens: number | null
  readonly contextTokens: number | null
  /** A missing capability is not known. */
  readonly capabilities: Partial<Capabilities>
  /** Kinds of its input; undefined for a model that the table does not list. */
  readonly inputModalities: readonly string[] | undefined
  /** Native body of InvokeModel; undefined where the family says it, or nothing is known. */
  readonly nativeBody?: string
}

/** Finds the traits of a foundation model; one that the table does not list has those of its line. */
export function findTraits(baseId: string, catalogue: CatalogueData = CATALOGUE): ModelTraits {
  return catalogue === CATALOGUE ? findOwnTraits(baseId) : findTraitsIn(catalogue, baseId)
}

const findOwnTraits = remember((baseId) => findTraitsIn(CATALOGUE, baseId))

function findTraitsIn({ models, lines }: CatalogueData, baseId: string): ModelTraits {
  const row = models.find(({ modelId }) => modelId === baseId)
  const named = Object.fromEntries(Object.entries(lines).map(([start, line]) => [`${start}*`, line]))
  const line = inheritRules(baseId, named, row && ownTraits(row))
  return {
    ...line,
    refuses: line.refuses ?? [],
    exclusive: line.exclusive ?? [],
    onDemand: line.onDemand ?? null,
    countTokens: row?.capabilities.countTokens ?? line.countTokens ?? false,
    reasoning: row?.reasoning ?? null,
    maxOutputTokens: row?.maxOutputTokens ?? null,
    contextTokens: line.contextTokens ?? null,
    capabilities: { ...line.capabilities, ...(row && known(row.capabilities)) },
    inputModalities: row?.inputModalities,
  }
}

/** The members of a row that say something: null means not known, and leaves it to the line. */
function ownTraits({ refuses, exclusive, onDemand, contextTokens, cache, serviceTiers }: CatalogueModel): ModelLine {
  return {
    refuses,
    exclusive,
    ...(onDemand !== null && { onDemand }),
    ...(contextTokens !== null && { contextTokens }),
    ...(serviceTiers && { serviceTiers }),
    ...(cache?.ttls && { cacheTtls: cache.ttls }),
  }
}

function known(capabilities: Capabilities): Partial<Capabilities> {
  return Object.fromEntries(Object.entries(capabilities).filter(([, value]) => value !== null))
}
