import { type CatalogueModel, loadCatalogue } from '@bedrock-functions/runtime/models'
import { hasEnded } from '../models/ended-models.ts'

/** Models of the catalogue before their end of life; Bedrock does not list the others. */
export async function findOfferedModels(): Promise<readonly CatalogueModel[]> {
  const { models } = await loadCatalogue()
  return models.filter((model) => !hasEnded(model))
}
