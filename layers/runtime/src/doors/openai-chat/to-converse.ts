import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, joinJson, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { EFFORTS, type EffortPlan, type EffortRequest, planEffort } from '../openai/effort.ts'
import { invalidRequest } from '../openai/errors.ts'
import { type ModelFacts, readModelFacts } from '../openai/model-facts.ts'
import { checkMembers } from '../openai/request-members.ts'
import { writeRequestMetadata } from '../openai/request-metadata.ts'
import type { Translation } from './convert-content.ts'
import { type ConvertedFormat, convertFormat, type FormatWay } from './convert-format.ts'
import { convertInference, readNumber, readTokenLimit } from './convert-inference.ts'
import { convertMessages, type Turn, writeTurns } from './convert-messages.ts'
import { type ConvertedTools, convertTools } from './convert-tools.ts'
import { INNER_MEMBERS, REQUEST_MEMBERS } from './members.ts'

/** Request of chat completions as a Converse request. */
export interface ConverseRequest {
  readonly body: Buffer
  /** Way in which JSON is asked for; undefined: the answer is text. */
  readonly formatWay: FormatWay | undefined
  /** Paths of members that are left out. */
  readonly left: ReadonlySet<string>
  readonly hasTools: boolean
  readonly model: ModelFacts
}

/**
 * Translates a request onto Converse. Texts, schemas and inputs of tools are copied byte by byte.
 *
 * @param headers lower-case names; those of Bedrock's guardrails and of OpenAI's projects count
 * @throws BedrockError ValidationException that names the member, for one that has no counterpart
 */
export function toConverse(
  root: JsonValue,
  headers: Readonly<Record<string, string>>,
  modelId: string,
): ConverseRequest {
  const left = new Set<string>()
  checkMembers(root, REQUEST_MEMBERS, '', left)
  const model = readModelFacts(modelId)
  const translation: Translation = { model, left }
  const messages = root.get('messages')
  if (messages?.kind !== 'array') throw invalidRequest('messages', 'messages must be an array.', 'invalid_type')
  const { system, turns, usedTools, lacksThinking } = convertMessages(messages, translation)
  if (turns.length === 0) {
    throw invalidRequest('messages', 'messages must have a message of the role user.', 'invalid_value')
  }
  const effort = readEffort(root.get('reasoning_effort'), translation, {
    param: 'reasoning_effort',
    maxTokens: readTokenLimit(root, LIMIT_NAMES),
    lacksThinking,
  })
  const tools = convertTools(root, usedTools, translation)
  const format = convertFormat(
    root.get('response_format'),
    tools.toolConfig !== undefined || effort.thinks,
    translation,
  )
  const inference = convertInference(root, model, LIMIT_NAMES)
  return writeConverse(root, headers, translation, { system, turns, effort, tools, format, inference })
}

/** Limits of an answer in chat completions. */
const LIMIT_NAMES = ['max_completion_tokens', 'max_tokens']

/** Converted parts of a request. */
export interface ConverseParts {
  readonly system: readonly JsonText[]
  readonly turns: readonly Turn[]
  readonly effort: EffortPlan
  readonly tools: ConvertedTools
  readonly format: ConvertedFormat
  readonly inference: JsonText | undefined
  /** Members of `additionalModelRequestFields` beside those that have the same name in all of OpenAI's requests. */
  readonly fields?: Readonly<Record<string, JsonText>>
}

/** Writes the Converse request of converted parts, with the members that all of OpenAI's requests have in common. */
export function writeConverse(
  root: JsonValue,
  headers: Readonly<Record<string, string>>,
  translation: Translation,
  parts: ConverseParts,
): ConverseRequest {
  const { model, left } = translation
  const { turns, effort, tools, format, inference } = parts
  const instructions = [tools.instruction, format.instruction].filter((text) => text !== undefined)
  const system = [...parts.system, ...instructions.map((text) => writeObject([['text', JSON.stringify(text)]]))]
  const toolConfig = tools.toolConfig ?? format.toolConfig
  const fields = writeAdditionalFields(root, { ...effort.fields, ...parts.fields }, tools, translation)
  const body = writeObject([
    system.length > 0 ? ['system', writeArray(system)] : undefined,
    ['messages', writeTurns(turns)],
    optional('inferenceConfig', inference),
    optional('toolConfig', toolConfig),
    optional('guardrailConfig', writeGuardrail(root, headers, translation)),
    optional('additionalModelRequestFields', fields),
    optional('requestMetadata', writeRequestMetadata(root, left)),
    optional('serviceTier', readServiceTier(root)),
    optional('performanceConfig', quoteMember('latency', headers['x-amzn-bedrock-performanceconfig-latency'])),
    optional('projectIdentifier', quote(headers['x-amzn-bedrock-projectidentifier'] ?? headers['openai-project'])),
    optional('outputConfig', writeOutputConfig(format.textFormat, effort.effort)),
  ])
  return { body: joinJson(body), formatWay: format.way, left, hasTools: toolConfig !== undefined, model }
}

function optional(name: string, value: JsonText | undefined): WrittenMember {
  return value === undefined ? undefined : [name, value]
}

function quote(text: string | undefined): string | undefined {
  return text ? JSON.stringify(text) : undefined
}

function quoteMember(name: string, text: string | undefined): JsonText | undefined {
  return text ? writeObject([[name, JSON.stringify(text)]]) : undefined
}

function writeOutputConfig(textFormat: JsonText | undefined, effort: string | undefined): JsonText | undefined {
  if (textFormat === undefined && effort === undefined) return undefined
  return writeObject([optional('textFormat', textFormat), optional('effort', quote(effort))])
}

/** Reads an effort of reasoning and plans it. */
export function readEffort(
  value: JsonValue | undefined,
  { model, left }: Translation,
  request: Omit<EffortRequest, 'effort'>,
): EffortPlan {
  const { param } = request
  if (!value) return { fields: {}, thinks: false }
  const effort = EFFORTS.find((known) => known === value.text)
  if (effort === undefined) {
    throw invalidRequest(param, `${param} must be ${EFFORTS.join(', ')}.`, 'invalid_value')
  }
  const plan = planEffort({ ...request, effort }, model)
  if (plan.dropped !== undefined) left.add(plan.dropped)
  return plan
}

/** Parameters that only the native body of chat completions has, with the values that ask for nothing. */
const NATIVE_PARAMETERS: Readonly<Record<string, string | undefined>> = {
  seed: undefined,
  presence_penalty: '0',
  frequency_penalty: '0',
  verbosity: '"medium"',
}

/** Writes `additionalModelRequestFields`. Members of the caller's `additional_model_request_fields` take precedence. */
function writeAdditionalFields(
  root: JsonValue,
  planned: Readonly<Record<string, JsonText>>,
  tools: ConvertedTools,
  { model }: Translation,
): JsonText | undefined {
  const fields = new Map<string, JsonText>(Object.entries(planned))
  for (const name of ['presence_penalty', 'frequency_penalty', 'seed']) readNumber(root, name)
  for (const [name, neutral] of Object.entries(NATIVE_PARAMETERS)) {
    const value = root.get(name)
    if (!value) continue
    if (model.family === 'chat completions') fields.set(name, value.bytes)
    else if (JSON.stringify(value.parse()) !== neutral) {
      throw invalidRequest(
        name,
        `Unsupported parameter: '${name}' is not supported with ${model.modelId}.`,
        'unsupported_parameter',
      )
    }
  }
  if (tools.toolConfig !== undefined && root.get('parallel_tool_calls')?.kind === 'false') {
    if (model.family === 'Claude') fields.set('tool_choice', tools.singleChoice)
    else if (model.family === 'chat completions') fields.set('parallel_tool_calls', 'false')
    else {
      throw invalidRequest(
        'parallel_tool_calls',
        `Unsupported value: 'parallel_tool_calls' cannot be false with ${model.modelId}: Converse has no such parameter.`,
        'unsupported_value',
      )
    }
  }
  const own = root.get('additional_model_request_fields')
  if (own && own.kind !== 'object') {
    throw invalidRequest(
      'additional_model_request_fields',
      'additional_model_request_fields must be an object.',
      'invalid_type',
    )
  }
  for (const { name, value } of own?.members ?? []) fields.set(name, value.bytes)
  return fields.size === 0 ? undefined : writeObject([...fields])
}

/** Header of each member of `guardrailConfig`. */
const GUARDRAIL_HEADERS = {
  guardrailIdentifier: 'x-amzn-bedrock-guardrailidentifier',
  guardrailVersion: 'x-amzn-bedrock-guardrailversion',
  trace: 'x-amzn-bedrock-trace',
} as const

function writeGuardrail(
  root: JsonValue,
  headers: Readonly<Record<string, string>>,
  { left }: Translation,
): JsonText | undefined {
  const name = 'amazon-bedrock-guardrailConfig'
  const given = root.get(name)
  if (given) checkMembers(given, INNER_MEMBERS.guardrailConfig, name, left)
  const members = new Map<string, JsonText>()
  for (const [member, header] of Object.entries(GUARDRAIL_HEADERS)) {
    const value = headers[header]
    // The headers have ENABLED, the member of Converse has enabled.
    if (value) members.set(member, JSON.stringify(member === 'trace' ? value.toLowerCase() : value))
  }
  for (const { name: member, value } of given?.members ?? [])
    if (value.kind !== 'null') members.set(member, value.bytes)
  // Converse has this member for streams only.
  if (root.get('stream')?.kind !== 'true' && members.delete('streamProcessingMode'))
    left.add(`${name}.streamProcessingMode`)
  return members.size === 0 ? undefined : writeObject([...members])
}

/** Service tiers of OpenAI's that Bedrock has. `auto` leaves the choice to Bedrock. */
const SERVICE_TIERS = ['default', 'flex', 'priority']

function readServiceTier(root: JsonValue): JsonText | undefined {
  const tier = root.get('service_tier')?.text
  if (tier === undefined || tier === 'auto') return undefined
  if (SERVICE_TIERS.includes(tier)) return writeObject([['type', JSON.stringify(tier)]])
  throw invalidRequest(
    'service_tier',
    `service_tier ${tier} is not supported: use auto, ${SERVICE_TIERS.join(', ')}.`,
    'unsupported_value',
  )
}
