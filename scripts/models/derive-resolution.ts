import type {
  CatalogueData,
  CatalogueModel,
  ModelLine,
  ModelRules,
  RuleTable,
} from '../../layers/runtime/src/models/model-row.ts'
import { inheritRules } from '../../layers/runtime/src/models/model-rules.ts'
import type { Resolution } from '../../layers/runtime/src/models/resolution.ts'

/** Part of the catalogue that every call of a model needs. */
export function deriveResolution({ aliases, lines, models }: CatalogueData): Resolution {
  const ending = models.filter(
    ({ lifecycle }) =>
      lifecycle.status !== 'ACTIVE' || lifecycle.legacyDate !== null || lifecycle.endOfLifeDate !== null,
  )
  const living = models.filter(({ lifecycle }) => lifecycle.status !== 'END_OF_LIFE')
  return {
    aliases,
    models: Object.fromEntries(
      living.map(({ modelId, profiles, onDemand }) => [modelId, onDemand === false ? profiles : [...profiles, 'base']]),
    ),
    lifecycles: Object.fromEntries(ending.map(({ modelId, lifecycle }) => [modelId, lifecycle])),
    rules: deriveRules(lines, models),
  }
}

function deriveRules(lines: CatalogueData['lines'], models: readonly CatalogueModel[]): RuleTable {
  const ofLines = Object.fromEntries(
    Object.entries(lines).flatMap(([start, line]) => {
      const rules = rulesOfLine(line)
      return Object.keys(rules).length === 0 ? [] : [[`${start}*`, rules] as const]
    }),
  )
  const ofModels = models.flatMap((model) => {
    const inherited: ModelRules = inheritRules(model.modelId, ofLines, undefined)
    // A rule that is missing, null or false says the same.
    const own = Object.entries(rulesOfModel(model)).filter(
      ([name, rule]) => JSON.stringify(inherited[name as keyof ModelRules] || null) !== JSON.stringify(rule || null),
    )
    return own.length === 0 ? [] : [[model.modelId, Object.fromEntries(own)] as const]
  })
  return { ...ofLines, ...Object.fromEntries(ofModels) }
}

/** Members of a line that calls need. The others are for the emulator and for those who read the table. */
const RULE_NAMES: readonly (keyof ModelRules)[] = [
  'family',
  'readsS3',
  'async',
  'minimumCacheTokens',
  'cachesTools',
  'textCompletion',
  'images',
  'largeDocuments',
]

function rulesOfLine({ refuses, exclusive = [], ...line }: ModelLine): ModelRules {
  const rules = Object.entries(line).filter(([name]) => RULE_NAMES.some((rule) => rule === name))
  return { ...Object.fromEntries(rules), ...(refuses && { sampling: readSampling(refuses, exclusive) }) }
}

function rulesOfModel({ refuses, exclusive, endedBetas, cache, capabilities, rules }: CatalogueModel): ModelRules {
  return {
    sampling: readSampling(refuses, exclusive),
    ...(capabilities.async !== null && { async: capabilities.async }),
    ...(cache?.minimumTokens && { minimumCacheTokens: cache.minimumTokens }),
    ...(endedBetas && { endedBetas }),
    ...rules,
  }
}

function readSampling(refuses: readonly string[], exclusive: readonly string[]): 'one' | 'none' | null {
  if (refuses.includes('temperature')) return 'none'
  return exclusive.includes('temperature') && exclusive.includes('topP') ? 'one' : null
}
