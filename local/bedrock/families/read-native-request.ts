import { checkConversation } from '../conversation/check-conversation.ts'
import type { Model } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import type { ChatFamily, NativeRequest } from './family.ts'

/** Parses and checks a native body. BedrockError for what the service or the model refuses, but for its length. */
export function readNativeRequest(family: ChatFamily, body: JsonObject, model: Model): NativeRequest {
  const native = family.parseRequest(body)
  family.checkFeatures?.(body, native.request, model)
  checkConversation(native.request, model, native.rules)
  return native
}
