import { checkConversation } from '../../conversation/check-conversation.ts'
import { readOutputFormat } from '../../conversation/read-output-format.ts'
import type { ConversationRequest, InferenceParameters, Tool, ToolChoice } from '../../conversation/types.ts'
import { checkSettings } from '../../features/check-settings.ts'
import { findOverflow } from '../../features/find-overflow.ts'
import { doorMessages as messages, validationError } from '../../messages.ts'
import type { Model } from '../../models/resolve-model.ts'
import type { OperationCall } from '../../operations/operation.ts'
import { readCalledModel } from '../../operations/read-invoke-call.ts'
import { DEFAULT_PROJECT } from '../../projects/projects.ts'
import { checkUnicode } from '../../shapes/check-unicode.ts'
import { isPresent, type JsonObject, type JsonValue } from '../../shapes/json.ts'
import { parseJsonObject } from '../../shapes/parse-json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString } from '../../shapes/read-json.ts'
import { checkGptSampling } from '../check-gpt-sampling.ts'
import { checkOpenaiShape } from '../check-openai-shape.ts'
import { contractError } from '../contract-error.ts'
import { responsesWording } from '../openai-wording.ts'
import { requireDoor } from '../served-models.ts'
import { parseItems } from './parse-items.ts'
import { responsesRequest, SERVER_TOOLS } from './shapes.ts'

/** A request of the Responses API, checked. */
export interface ResponsesRequest {
  readonly model: Model
  readonly body: JsonObject
  readonly streams: boolean
  readonly stores: boolean
  /** Items of the conversation so far, those of earlier responses first. */
  readonly items: readonly JsonObject[]
  /** Names of tools whose input is a text. */
  readonly customTools: readonly string[]
  readonly request: ConversationRequest
}

/** Members that the emulator cannot serve. AWS does not say whether Bedrock does. */
const UNSERVED = ['conversation', 'prompt', 'context_management', 'moderation'] as const

/** Reads and checks a request. BedrockError for what Bedrock or the model refuses. */
export function readResponsesRequest(call: OperationCall): ResponsesRequest {
  const body = parseJsonObject(call.body)
  refuseServerTools(body)
  checkOpenaiShape(body, responsesRequest)
  requireDefaultProject(call)
  if (body.background === true) throw contractError(messages.background, { param: 'background' })
  const unserved = UNSERVED.find((member) => isPresent(body[member]))
  if (unserved) throw contractError(messages.unserved(unserved), { param: unserved, code: 'unsupported_parameter' })
  const model = readCalledModel(call)
  requireDoor(model, 'responses')
  checkGptSampling(body, model)
  const tier = readString(body.service_tier) ?? 'auto'
  checkSettings({ serviceTier: tier === 'auto' ? 'default' : tier, latency: undefined }, model, call.headers)
  checkUnicode(body, call.body, model, responsesWording)
  const items = collectItems(body, call)
  const request = toConversation(body, items)
  checkConversation(request, model, { wording: responsesWording, isConverse: false, toolsDeclared: true })
  const overflow = findOverflow(request, model, responsesWording)
  if (overflow !== undefined) throw validationError(overflow)
  return {
    model,
    body,
    streams: body.stream === true,
    stores: body.store !== false,
    items,
    customTools: readObjects(body.tools).flatMap((tool) =>
      tool.type === 'custom' ? (readString(tool.name) ?? []) : [],
    ),
    request,
  }
}

function refuseServerTools({ tools }: JsonObject): void {
  for (const [index, { type, execution }] of readObjects(tools).entries()) {
    const isServers = type === 'tool_search' ? execution !== 'client' : SERVER_TOOLS.includes(readString(type) ?? '')
    if (typeof type !== 'string' || !isServers) continue
    throw contractError(messages.serverTool(type), { param: `tools[${index}].type`, code: 'unsupported_value' })
  }
}

/** Refuses any project but the default one, by `default` or its ARN. */
function requireDefaultProject({ headers }: OperationCall): void {
  const project = headers['openai-project']
  const isDefault =
    project === undefined || project.replace(/^arn:aws[a-z-]*:bedrock:[\w-]+:\d{12}:project\//, '') === DEFAULT_PROJECT
  if (!isDefault) throw contractError(messages.project)
}

/** Joins the items of the response before, those of this request, and those that they refer to. */
function collectItems(body: JsonObject, { responses }: OperationCall): JsonObject[] {
  const previous = readString(body.previous_response_id)
  const before = previous === undefined ? [] : responses.get(previous).items
  const own: readonly JsonObject[] =
    typeof body.input === 'string'
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: body.input }] }]
      : readObjects(body.input)
  const found = own.map((item) =>
    item.type === 'item_reference' ? responses.findItem(readString(item.id) ?? '') : item,
  )
  return [...before, ...found]
}

function toConversation(body: JsonObject, items: readonly JsonObject[]): ConversationRequest {
  const { system, turns } = parseItems(items)
  const instructions = readString(body.instructions) ?? ''
  return {
    system: [instructions, system].filter((text) => text !== '').join('\n\n'),
    turns,
    tools: readObjects(body.tools).flatMap(readTool),
    toolChoice: readToolChoice(body.tool_choice),
    parameters: readParameters(body),
  }
}

/** Schema of a custom tool, whose input is a text. */
const TEXT_INPUT: JsonObject = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }

function readTool({ type, name, description, parameters }: JsonObject): Tool[] {
  if (type !== 'function' && type !== 'custom') return []
  return [
    {
      ...omitUndefined({ description: readString(description) }),
      name: readString(name) ?? '',
      inputSchema: type === 'custom' ? TEXT_INPUT : (readObject(parameters) ?? {}),
    },
  ]
}

function readToolChoice(choice: JsonValue | undefined): ToolChoice {
  if (choice === 'required') return { kind: 'any' }
  if (choice === 'none') return { kind: 'none' }
  const { type, name, mode } = readObject(choice) ?? {}
  if (type === 'function' || type === 'custom') return { kind: 'tool', name: readString(name) ?? '' }
  return { kind: type === 'allowed_tools' && mode === 'required' ? 'any' : 'auto' }
}

function readParameters(body: JsonObject): InferenceParameters {
  const effort = readString(readObject(body.reasoning)?.effort)
  const format = readObject(readObject(body.text)?.format)
  return {
    ...omitUndefined({
      maxTokens: readNumber(body.max_output_tokens),
      temperature: readNumber(body.temperature),
      topP: readNumber(body.top_p),
      outputSchema: format && readOutputFormat({ response_format: format }),
    }),
    stopSequences: [],
    reasoning: effort !== undefined && effort !== 'none',
  }
}
