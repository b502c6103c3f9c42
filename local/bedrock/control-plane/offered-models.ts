import { type CatalogueModel, loadCatalogue } from '@bedrock-functions/runtime/models'

/** Models of the catalogue before their end of life; Bedrock does not list the others. */
export async function findOfferedModels(): Promise<readonly CatalogueModel[]> {
  const today = new Date().toISOString().slice(0, 10)
  const { models } = await loadCatalogue()
  return models.filter(
    ({ lifecycle: { status, endOfLifeDate } }) =>
      status !== 'END_OF_LIFE' && (endOfLifeDate === null || endOfLifeDate > today),
  )
}
