import type { CatalogueData } from './model.ts'

/** Read when it is asked for: no call of a model needs it at its cold start. */
export async function loadCatalogue(): Promise<CatalogueData> {
  const { default: catalogue } = await import('./models.json', { with: { type: 'json' } })
  // tests/unit/catalogue/data.test.ts checks that it is one.
  return catalogue as unknown as CatalogueData
}
