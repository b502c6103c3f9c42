import type { ConversationRequest } from '../../conversation/types.ts'
import type { ChatFamily } from '../../families/family.ts'
import { openaiChat } from '../../families/openai-chat/index.ts'
import { openaiRequest } from '../../families/openai-chat/shapes.ts'
import { checkSettings } from '../../features/check-settings.ts'
import type { Guarding } from '../../guardrails/guard-answer.ts'
import { doorMessages as messages } from '../../messages.ts'
import type { Model } from '../../models/resolve-model.ts'
import type { OperationCall } from '../../operations/operation.ts'
import { prepareConversation } from '../../operations/prepare-conversation.ts'
import { readCalledModel, readGuarding } from '../../operations/read-invoke-call.ts'
import { checkUnicode } from '../../shapes/check-unicode.ts'
import { isPresent, type JsonObject } from '../../shapes/json.ts'
import { parseJsonObject } from '../../shapes/parse-json.ts'
import { readList, readObject, readString } from '../../shapes/read-json.ts'
import { boolean, document, integer, list, number, oneOf, structure, text } from '../../shapes/shape.ts'
import { checkGptSampling } from '../check-gpt-sampling.ts'
import { checkOpenaiShape } from '../check-openai-shape.ts'
import { contractError } from '../contract-error.ts'
import { openaiWording } from '../openai-wording.ts'
import { isClosedGpt, requireDoor } from '../served-models.ts'

/** A request of chat completions, checked. */
export interface ChatRequest {
  readonly model: Model
  readonly streams: boolean
  /** True if the stream ends with its usage. */
  readonly includesUsage: boolean
  readonly serviceTier: string
  readonly guarding?: Guarding
  readonly request: ConversationRequest
  /** Call with the model that answers. */
  readonly call: OperationCall
}

/** Members of the request that models behind Bedrock know. Observed of gpt-oss: litellm issue 13959. */
const chatRequest = structure(
  {
    ...openaiRequest.members,
    model: text,
    stream: boolean,
    stream_options: structure({ include_usage: boolean, include_obfuscation: boolean }),
    service_tier: oneOf('auto', 'default', 'flex', 'priority'),
    parallel_tool_calls: boolean,
    n: integer(1),
    seed: integer(),
    logprobs: boolean,
    top_logprobs: integer(0, 20),
    logit_bias: structure({}),
    frequency_penalty: number(-2, 2),
    presence_penalty: number(-2, 2),
    modalities: list(oneOf('text', 'audio')),
    audio: document,
    prediction: document,
    functions: document,
    function_call: document,
    store: boolean,
    metadata: structure({}),
    user: text,
    safety_identifier: text,
    prompt_cache_key: text,
    prompt_cache_retention: text,
    verbosity: text,
    'amazon-bedrock-guardrailConfig': document,
  },
  ['model', 'messages'],
)

/** Family of the native body with OpenAI's messages. */
const family: ChatFamily = {
  ...openaiChat,
  parseRequest(body) {
    const native = openaiChat.parseRequest(body)
    return { ...native, rules: { ...native.rules, wording: openaiWording } }
  },
}

/** Reads and checks a request. BedrockError for what Bedrock or the model refuses. */
export function readChatRequest(call: OperationCall): ChatRequest {
  const body = parseJsonObject(call.body)
  checkOpenaiShape(body, chatRequest)
  const model = readCalledModel(call)
  requireDoor(model, 'chat')
  refuseUnserved(body)
  if (isClosedGpt(model)) checkClosedGpt(body, model)
  const tier = readString(body.service_tier) ?? 'auto'
  const serviceTier = tier === 'auto' ? 'default' : tier
  checkSettings({ serviceTier, latency: undefined }, model, call.headers)
  checkUnicode(body, call.body, model, openaiWording)
  const guarding = readGuarding(call, body)
  return {
    ...prepareConversation(family, body, model, call),
    model,
    streams: body.stream === true,
    includesUsage: readObject(body.stream_options)?.include_usage === true,
    serviceTier,
    ...(guarding && { guarding }),
  }
}

/** Refuses what the model of the emulator cannot do. */
function refuseUnserved(body: JsonObject): void {
  const unserved = [
    ['n', body.n !== 1],
    ['logprobs', body.logprobs !== false],
    ['top_logprobs', body.top_logprobs !== 0],
    ['modalities', readList(body.modalities).includes('audio')],
    ['audio', true],
    ['functions', true],
    ['function_call', true],
  ] as const
  const found = unserved.find(([member, isUnserved]) => isUnserved && isPresent(body[member]))
  if (found) throw contractError(messages.unserved(found[0]), { param: found[0], code: 'unsupported_parameter' })
}

/** Checks what the models of OpenAI with closed weights refuse. Observed of OpenAI and, for tools, of Bedrock: litellm pull 40775. */
function checkClosedGpt(body: JsonObject, model: Model): void {
  checkGptSampling(body, model)
  if (readList(body.tools).length > 0 && body.reasoning_effort !== 'none') {
    throw contractError(messages.toolsWithReasoning(model.requestedId), { param: 'reasoning_effort' })
  }
}
