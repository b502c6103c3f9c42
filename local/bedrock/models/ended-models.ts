import { BedrockError } from '@bedrock-functions/runtime/core'
import type { CatalogueModel } from '@bedrock-functions/runtime/models'
import { CATALOGUE } from '@bedrock-functions/runtime/models/rows'
import { MODEL_ENDED } from '../messages.ts'

/** True for a model that Bedrock no longer offers. */
export function hasEnded({ lifecycle: { status, endOfLifeDate } }: CatalogueModel): boolean {
  const today = new Date().toISOString().slice(0, 10)
  return status === 'END_OF_LIFE' || (endOfLifeDate !== null && endOfLifeDate <= today)
}

/** Refuses a model after its end of life as Bedrock does, with a ResourceNotFoundException. */
export function requireLiving(baseId: string | undefined): void {
  const model = CATALOGUE.models.find(({ modelId }) => modelId === baseId)
  if (model && hasEnded(model)) throw new BedrockError('ResourceNotFoundException', MODEL_ENDED)
}
