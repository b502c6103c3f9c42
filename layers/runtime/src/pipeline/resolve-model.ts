import { BedrockError } from '../core/errors.ts'
import type { Facts, ModelCall } from '../core/model-call.ts'
import { checkModelId, isModelAllowed } from '../models/model-id.ts'
import { createIdResolver, type ModelResolverOptions } from '../models/resolve-id.ts'
import { mergeReplyHeaders, REPLY_HEADERS } from './reply-headers.ts'

export interface ResolvedCall {
  readonly call: ModelCall
  /** For the log, also where the call fails. */
  readonly facts: Facts
}

/**
 * Makes the function that turns the model that a caller named, an alias or a bare id, into one that Bedrock can call. The
 * answer's headers name it, and warn of models that end.
 */
export function createModelResolver(options: ModelResolverOptions): (call: ModelCall) => ResolvedCall {
  const resolveId = createIdResolver(options)
  return (call) => {
    const { modelId, warning } = resolveId(call.modelId)
    const isChanged = modelId !== call.modelId
    if (!isChanged && warning === undefined) return { call, facts: { modelId } }
    const replyHeaders = mergeReplyHeaders(call.replyHeaders, {
      ...(isChanged && { [REPLY_HEADERS.model]: modelId }),
      ...(warning !== undefined && { [REPLY_HEADERS.warning]: warning }),
    })
    return {
      call: { ...call, modelId, replyHeaders },
      facts: { modelId, ...(isChanged && { requestedModelId: call.modelId }) },
    }
  }
}

/**
 * Refuses a model that the stack does not allow.
 *
 * @param modelId resolved: the list of allowed models is about what is called
 * @throws BedrockError ValidationException for a malformed id, AccessDeniedException for one that is not allowed
 */
export function admitModel(modelId: string, allowedModels: readonly string[]): void {
  checkModelId(modelId)
  if (isModelAllowed(modelId, allowedModels)) return
  throw new BedrockError(
    'AccessDeniedException',
    `modelId ${modelId} is not among the models that this stack allows (parameter AllowedModels); GET /models lists them.`,
  )
}
