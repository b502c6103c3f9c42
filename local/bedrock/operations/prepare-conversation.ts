import type { ConversationRequest } from '../conversation/types.ts'
import type { ChatFamily } from '../families/family.ts'
import { readNativeRequest } from '../families/read-native-request.ts'
import { findOverflow } from '../features/find-overflow.ts'
import { validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { withPromptCache } from '../prompt-cache/cached-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { withThinking } from '../thinking/with-thinking.ts'
import type { OperationCall } from './operation.ts'

export interface PreparedConversation {
  readonly request: ConversationRequest
  /** Call with a model that caches the prompt and thinks as the asked one does. */
  readonly call: OperationCall
}

/** Reads and checks a native body. BedrockError for what the service or the model refuses. */
export function prepareConversation(
  family: ChatFamily,
  body: JsonObject,
  model: Model,
  call: OperationCall,
): PreparedConversation {
  const { request, rules } = readNativeRequest(family, body, model)
  const overflow = findOverflow(request, model, rules.wording)
  if (overflow !== undefined) throw validationError(overflow)
  const caching = withPromptCache(call, model, family.readCachePoints?.(body) ?? [])
  return { request, call: withThinking(caching, model) }
}
