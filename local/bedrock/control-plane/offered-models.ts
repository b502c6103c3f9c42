import { type CatalogueModel, loadCatalogue } from '@bedrock-functions/runtime/models'

/** The catalogue's models that Bedrock would still list: one is gone from its lists after its end of life. */
export async function findOfferedModels(): Promise<readonly CatalogueModel[]> {
  const today = new Date().toISOString().slice(0, 10)
  const { models } = await loadCatalogue()
  return models.filter(
    ({ lifecycle: { status, endOfLifeDate } }) =>
      status !== 'END_OF_LIFE' && (endOfLifeDate === null || endOfLifeDate > today),
  )
}
