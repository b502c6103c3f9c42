import { checkConversation } from '../conversation/check-conversation.ts'
import type { ConversationRequest } from '../conversation/types.ts'
import { hasToolConfig, readConversation } from '../converse/parse-converse-request.ts'
import { countTokensRequest } from '../converse/shapes.ts'
import { selectFamily } from '../families/index.ts'
import { readNativeRequest } from '../families/read-native-request.ts'
import { checkCachePoints } from '../features/check-cache-points.ts'
import {
  converseWording,
  countTokensUnsupported,
  serverToolUnsupported,
  UNSUPPORTED_ACTION,
  validationError,
} from '../messages.ts'
import { requireLiving } from '../models/ended-models.ts'
import { type Model, resolveModel } from '../models/resolve-model.ts'
import { decodeBase64 } from '../shapes/decode-base64.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObject, readObjects, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { countConversation } from './answer-conversation.ts'
import type { Operation } from './operation.ts'

const SERVER_TOOL = /^(?:web_search|web_fetch|code_execution)_\d{8}$/

/** CountTokens. Accepts the bare id of a foundation model also when inference requires a profile. */
export const countTokens: Operation = async (call) => {
  const model = resolveModel(call.resource, call.accountModels, call.newModels)
  if (call.refusesEndedModels) requireLiving(model.baseId)
  if (model.viaProfile || !model.traits.countsTokens) throw validationError(countTokensUnsupported)
  const body = parseJsonObject(call.body)
  requireShape(body, countTokensRequest, describeForService)
  const inputTokens = await countConversation(readInput(readObject(body.input) ?? {}, model), call)
  return { body: { inputTokens }, usage: { inputTokens } }
}

function readInput({ converse, invokeModel }: JsonObject, model: Model): ConversationRequest {
  const conversation = readObject(converse)
  return conversation ? readConverse(conversation, model) : readNative(readObject(invokeModel) ?? {}, model)
}

function readConverse(conversation: JsonObject, model: Model): ConversationRequest {
  const request = readConversation(conversation)
  checkCachePoints(conversation, model, converseWording)
  const toolsDeclared = hasToolConfig(conversation)
  checkConversation(request, model, {
    wording: converseWording,
    toolsDeclared,
    isConverse: true,
  })
  return request
}

function readNative({ body }: JsonObject, model: Model): ConversationRequest {
  const native = parseJsonObject(decodeBase64(readString(body) ?? ''))
  const family = selectFamily(model, native)
  if (family.kind !== 'chat') throw validationError(UNSUPPORTED_ACTION)
  checkServerTools(native)
  return readNativeRequest(family, native, model).request
}

/** Refuses tools that Anthropic runs itself: Bedrock does not have them. */
function checkServerTools({ tools }: JsonObject): void {
  const types = readObjects(tools).map(({ type }) => readString(type) ?? '')
  const index = types.findIndex((type) => SERVER_TOOL.test(type))
  if (index !== -1) throw validationError(serverToolUnsupported(index, types[index] ?? ''))
}
