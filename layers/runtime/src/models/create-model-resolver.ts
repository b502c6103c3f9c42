import type { CallStage } from '../core/model-call.ts'
import { createIdResolver, type ModelResolverOptions } from './resolve-id.ts'

/** Says which model was called where it is not the id that the caller named. */
export const MODEL_HEADER = 'x-bedrock-functions-model'
export const WARNING_HEADER = 'x-bedrock-functions-warning'

/**
 * The stage that turns aliases and bare ids into what Bedrock can call, and warns of models that end. Comes before the
 * allow-list, which is asked for what is called.
 */
export function createModelResolver(options: ModelResolverOptions): CallStage {
  const resolveId = createIdResolver(options)
  return (call) => {
    const { modelId, warning } = resolveId(call.modelId)
    const isChanged = modelId !== call.modelId
    if (!isChanged && warning === undefined) return call
    // Into the same object: it is the log's, whatever becomes of the call.
    Object.assign(call.facts, { modelId, ...(isChanged && { requestedModelId: call.modelId }) })
    const warnings = [call.replyHeaders[WARNING_HEADER], warning].filter((text) => text !== undefined)
    return {
      ...call,
      modelId,
      replyHeaders: {
        ...call.replyHeaders,
        ...(isChanged && { [MODEL_HEADER]: modelId }),
        ...(warnings.length > 0 && { [WARNING_HEADER]: warnings.join(', ') }),
      },
    }
  }
}
