import { asyncUnsupported, validationError } from '../messages.ts'
import { resolveModel } from '../models/resolve-model.ts'
import type { AsyncFamily } from './families/async-family.ts'
import { lumaRay } from './families/luma-ray.ts'
import { marengo27, marengo30 } from './families/marengo.ts'
import { novaEmbeddings } from './families/nova-embeddings.ts'
import { novaReelV10, novaReelV11 } from './families/nova-reel.ts'

/**
 * Models of StartAsyncInvoke by foundation-model id. Source: their pages in the guides of Amazon Bedrock and Amazon Nova.
 * Text models are refused. Pegasus's page has synchronous operations only.
 */
const ASYNC_MODELS: ReadonlyMap<string, AsyncFamily> = new Map([
  ['twelvelabs.marengo-embed-2-7-v1:0', marengo27],
  ['twelvelabs.marengo-embed-3-0-v1:0', marengo30],
  ['amazon.nova-2-multimodal-embeddings-v1:0', novaEmbeddings],
  ['amazon.nova-reel-v1:0', novaReelV10],
  ['amazon.nova-reel-v1:1', novaReelV11],
  ['luma.ray-v2:0', lumaRay],
])

/** Ids of the foundation models that StartAsyncInvoke serves. */
export const ASYNC_MODEL_IDS: readonly string[] = [...ASYNC_MODELS.keys()]

export interface AsyncModel {
  /** Foundation-model id. */
  readonly id: string
  readonly family: AsyncFamily
}

/** Finds a model by id, with or without a profile prefix, or by ARN. ValidationException for any other model. */
export function resolveAsyncModel(modelId: string): AsyncModel {
  const { baseId } = resolveModel(modelId)
  const family = baseId === undefined ? undefined : ASYNC_MODELS.get(baseId)
  if (baseId === undefined || !family) throw validationError(asyncUnsupported(modelId))
  return { id: baseId, family }
}
