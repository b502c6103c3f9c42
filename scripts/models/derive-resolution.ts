import type { CatalogueData } from '../../layers/runtime/src/models/catalogue.ts'
import type { Resolution } from '../../layers/runtime/src/models/resolution.ts'

/** Part of the catalogue that resolves model ids. */
export function deriveResolution({ aliases, models }: CatalogueData): Resolution {
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
  }
}
