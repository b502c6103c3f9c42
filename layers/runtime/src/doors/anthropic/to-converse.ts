import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, joinJson, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { baseModelId } from '../../models/model-rules.ts'
import { findTraits } from '../../models/rows.ts'
import { writeHeaderMembers } from '../bedrock-headers.ts'
import { EFFORTS, type Effort, planEffort } from '../openai/effort.ts'
import { type ModelFacts, readModelFacts } from '../openai/model-facts.ts'
import { cachePoint, convertContent, requireText, type Translation } from './convert-content.ts'
import { convertTools } from './convert-tools.ts'
import { invalidMember } from './errors.ts'
import { checkMembers, INNER_MEMBERS, REQUEST_MEMBERS } from './members.ts'
import { readRequestMetadata } from './request-metadata.ts'

export interface ConvertOptions {
  /** Lower-case names. Those of guardrails, latency and projects of Bedrock count. */
  readonly headers: Readonly<Record<string, string>>
  readonly modelId: string
  /** Betas that the model takes. */
  readonly betas: readonly string[]
}

export interface ConvertedRequest {
  readonly body: Buffer
  /** Paths of members that are left out. */
  readonly left: ReadonlySet<string>
  /** Path of a member with another value than the request's, and that value. */
  readonly corrected: string | undefined
  readonly hasTools: boolean
  readonly model: ModelFacts
}

/**
 * Translates a Messages request into one of Converse. Strings, tool inputs and schemas are copied, not printed again.
 *
 * @throws BedrockError ValidationException for a member without a counterpart
 */
export function toConverse(root: JsonValue, { headers, modelId, betas }: ConvertOptions): ConvertedRequest {
  const left = new Set<string>()
  const translation: Translation = { model: readModelFacts(modelId), left }
  checkMembers(root, REQUEST_MEMBERS, '', left)
  const about = root.get('metadata')
  if (about) checkMembers(about, INNER_MEMBERS.metadata, 'metadata.', left)
  const { messages, system, usedTools } = convertMessages(root, translation)
  const tools = convertTools(root, usedTools, translation)
  const instructions =
    tools.instruction === undefined ? [] : [writeObject([['text', JSON.stringify(tools.instruction)]])]
  const reasoning = planReasoning(root, translation)
  const format = convertFormat(root, translation)
  const allSystem = [...system, ...instructions, ...format.instructions]
  const outputConfig = [
    ...(reasoning.effort === undefined ? [] : [['effort', JSON.stringify(reasoning.effort)] as const]),
    ...(format.textFormat === undefined ? [] : [['textFormat', format.textFormat] as const]),
  ]
  const fields = new Map<string, JsonText>([
    ...Object.entries(reasoning.fields),
    ...convertTopK(root, translation),
    ...tools.fields,
    ...(betas.length > 0 ? [['anthropic_beta', JSON.stringify(betas)] as const] : []),
  ])
  const metadata = readRequestMetadata(root, headers)
  const { maxTokens, corrected } = readLimit(root, translation)
  const body = writeObject([
    ['messages', writeArray(messages)],
    allSystem.length > 0 ? ['system', writeArray(allSystem)] : undefined,
    ['inferenceConfig', writeInference(root, maxTokens)],
    tools.toolConfig === undefined ? undefined : ['toolConfig', tools.toolConfig],
    outputConfig.length > 0 ? ['outputConfig', writeObject(outputConfig)] : undefined,
    fields.size > 0 ? ['additionalModelRequestFields', writeObject([...fields])] : undefined,
    Object.keys(metadata).length > 0 ? ['requestMetadata', JSON.stringify(metadata)] : undefined,
    serviceTier(root),
    ...writeHeaderMembers(headers),
    stopSequencePaths(root, translation),
  ])
  return {
    body: joinJson(body),
    left,
    corrected,
    hasTools: tools.toolConfig !== undefined,
    model: translation.model,
  }
}

/** Claude tells which sequence stopped it, if it is asked. */
function stopSequencePaths(root: JsonValue, { model }: Translation): WrittenMember {
  const isAsked = model.family === 'Claude' && root.get('stop_sequences')?.isEmpty === false
  return isAsked ? ['additionalModelResponseFieldPaths', '["/stop_sequence"]'] : undefined
}

interface ConvertedMessages {
  readonly messages: readonly JsonText[]
  readonly system: readonly JsonText[]
  /** Names of the tools that the conversation has used. */
  readonly usedTools: ReadonlySet<string>
}

/** Converts the messages. Consecutive messages of a role become one, since the turns of Converse alternate. */
function convertMessages(root: JsonValue, translation: Translation): ConvertedMessages {
  const items = root.get('messages')?.items ?? []
  if (items.length === 0) throw invalidMember('messages', 'at least one message is required')
  const system = convertSystem(root.get('system'), 'system', translation)
  const turns: { readonly role: string; readonly blocks: JsonText[] }[] = []
  const usedTools = new Set<string>()
  for (const [index, message] of items.entries()) {
    const path = `messages.${index}`
    checkMembers(message, INNER_MEMBERS.message, `${path}.`, translation.left)
    const role = requireText(message, 'role', path).text ?? ''
    const content = message.get('content')
    if (role === 'system') {
      system.push(...convertSystem(content, `${path}.content`, translation))
      continue
    }
    if (role !== 'user' && role !== 'assistant') {
      throw invalidMember(`${path}.role`, "Input should be 'user', 'assistant' or 'system'")
    }
    for (const block of content?.items ?? []) {
      const name = block.get('type')?.text === 'tool_use' ? block.get('name')?.text : undefined
      if (name !== undefined) usedTools.add(name)
    }
    const blocks = convertContent(content, `${path}.content`, translation)
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else if (blocks.length > 0) turns.push({ role, blocks })
  }
  // A cache_control of the request is one of its last block.
  const last = items.at(-1)?.get('content')?.items.at(-1)
  const isResult = last?.get('type')?.text === 'tool_result'
  turns.at(-1)?.blocks.push(...cachePoint(root, '', translation, isResult))
  const messages = turns.map(({ role, blocks }) =>
    writeObject([
      ['role', JSON.stringify(role)],
      ['content', writeArray(blocks)],
    ]),
  )
  return { messages, system, usedTools }
}

function convertSystem(system: JsonValue | undefined, path: string, translation: Translation): JsonText[] {
  if (!system) return []
  if (system.kind === 'string') return system.text === '' ? [] : [writeObject([['text', system.bytes]])]
  return system.items.flatMap((block, index) => {
    const where = `${path}.${index}`
    checkMembers(block, INNER_MEMBERS.systemBlock, `${where}.`, translation.left)
    if (block.get('type')?.text !== 'text') throw invalidMember(`${where}.type`, "Input should be 'text'")
    const text = requireText(block, 'text', where)
    return [writeObject([['text', text.bytes]]), ...cachePoint(block, where, translation)]
  })
}

function writeInference(root: JsonValue, maxTokens: JsonText): JsonText {
  const stops = root.get('stop_sequences')
  const temperature = root.get('temperature')
  const topP = root.get('top_p')
  return writeObject([
    ['maxTokens', maxTokens],
    temperature && ['temperature', temperature.bytes],
    topP && ['topP', topP.bytes],
    stops && !stops.isEmpty ? ['stopSequences', stops.bytes] : undefined,
  ])
}

interface Limit {
  readonly maxTokens: JsonText
  readonly corrected: string | undefined
}

/**
 * Reads the limit of the answer, and lowers it to that of the model: the contract demands a limit, and Claude Code sends that of
 * Claude to every model. The answer is the same, since a model stops at its own limit at the latest.
 */
function readLimit(root: JsonValue, { model }: Translation): Limit {
  const asked = root.get('max_tokens')
  if (!asked) throw invalidMember('max_tokens', 'Field required')
  const baseId = model.family === 'Claude' ? undefined : baseModelId(model.modelId)
  const most = baseId === undefined ? null : findTraits(baseId).maxOutputTokens
  if (most === null || asked.kind !== 'number' || Number(asked.parse()) <= most) {
    return { maxTokens: asked.bytes, corrected: undefined }
  }
  return { maxTokens: String(most), corrected: `max_tokens: ${most}` }
}

/** Member of `additionalModelRequestFields` by the family of native bodies. */
const TOP_K: Readonly<Record<string, (value: JsonText) => readonly [string, JsonText]>> = {
  Claude: (value) => ['top_k', value],
  Nova: (value) => ['inferenceConfig', writeObject([['topK', value]])],
  Mistral: (value) => ['top_k', value],
  'Cohere Command R': (value) => ['k', value],
}

function convertTopK(root: JsonValue, { model }: Translation): (readonly [string, JsonText])[] {
  const topK = root.get('top_k')
  if (!topK) return []
  const write = model.family === undefined ? undefined : TOP_K[model.family]
  if (write) return [write(topK.bytes)]
  throw invalidMember('top_k', `is not supported by ${model.modelId}`)
}

interface Reasoning {
  readonly effort?: string
  readonly fields: Readonly<Record<string, JsonText>>
}

/** Plans how the model reasons. Claude gets its own members; others an effort, or nothing if they do not reason. */
function planReasoning(root: JsonValue, { model, left }: Translation): Reasoning {
  const thinking = root.get('thinking')
  const config = root.get('output_config')
  if (config) checkMembers(config, INNER_MEMBERS.outputConfig, 'output_config.', left)
  const effort = config?.get('effort')?.text
  if (model.family === 'Claude') {
    return { ...(effort !== undefined && { effort }), fields: thinking ? { thinking: thinking.bytes } : {} }
  }
  if (thinking) checkThinking(thinking, left)
  if (effort !== undefined && !EFFORTS.some((known) => known === effort)) {
    throw invalidMember('output_config.effort', `Input should be ${EFFORTS.join(', ')}`)
  }
  const wanted = effortOf(thinking, effort)
  if (wanted === undefined) return { fields: {} }
  if (!mayReason(model)) {
    if (wanted !== 'none') left.add(thinking ? 'thinking' : 'output_config.effort')
    return { fields: {} }
  }
  const maxTokens = Number(root.get('max_tokens')?.bytes.toString())
  return planEffort({ effort: wanted, param: 'thinking', maxTokens, lacksThinking: false }, model)
}

const THINKING_TYPES = ['enabled', 'disabled', 'adaptive']

function checkThinking(thinking: JsonValue, left: Set<string>): void {
  checkMembers(thinking, INNER_MEMBERS.thinkingConfig, 'thinking.', left)
  if (THINKING_TYPES.includes(thinking.get('type')?.text ?? '')) return
  throw invalidMember('thinking.type', `Input should be ${THINKING_TYPES.join(', ')}`)
}

function mayReason({ family, reasoning }: ModelFacts): boolean {
  return reasoning === true && (family === 'Nova' || family === 'chat completions')
}

/** Budgets of thinking, in tokens, up to which an effort is meant. */
const BUDGETS: readonly (readonly [Effort, number])[] = [
  ['low', 2_048],
  ['medium', 8_192],
]

function effortOf(thinking: JsonValue | undefined, effort: string | undefined): Effort | undefined {
  const type = thinking?.get('type')?.text
  if (type === 'disabled') return 'none'
  const named = EFFORTS.find((candidate) => candidate === effort)
  if (named === 'xhigh' || named === 'max') return 'high'
  if (named !== undefined) return named
  if (type === undefined) return undefined
  const budget = Number(thinking?.get('budget_tokens')?.bytes.toString() ?? Number.NaN)
  return BUDGETS.find(([, most]) => budget <= most)?.[0] ?? 'high'
}

interface ConvertedFormat {
  readonly textFormat?: JsonText
  readonly instructions: readonly JsonText[]
}

/** Converts `output_config.format`, or `output_format`, its older name. A model without structured output gets an instruction. */
function convertFormat(root: JsonValue, { model, left }: Translation): ConvertedFormat {
  const current = root.get('output_config')?.get('format')
  const format = current ?? root.get('output_format')
  const path = current ? 'output_config.format' : 'output_format'
  if (!format) return { instructions: [] }
  checkMembers(format, INNER_MEMBERS.format, `${path}.`, left)
  const schema = format.get('schema')
  if (format.get('type')?.text !== 'json_schema' || schema?.kind !== 'object') {
    throw invalidMember(path, "Input should be {'type': 'json_schema', 'schema': {…}}")
  }
  const text = schema.bytes.toString()
  if (model.refuses.has('outputConfig')) {
    const instruction = `Answer with one JSON object and nothing else. It must follow this JSON Schema:\n${text}`
    return { instructions: [writeObject([['text', JSON.stringify(instruction)]])] }
  }
  const jsonSchema = writeObject([
    ['schema', JSON.stringify(text)],
    ['name', '"answer"'],
  ])
  const structure = writeObject([['jsonSchema', jsonSchema]])
  return {
    textFormat: writeObject([
      ['type', '"json_schema"'],
      ['structure', structure],
    ]),
    instructions: [],
  }
}

/** Service tiers of Bedrock that a request may name. Anthropic's own mean the default. */
const SERVICE_TIERS = ['priority', 'flex', 'reserved', 'default']
const DEFAULT_TIERS = ['auto', 'standard_only']

function serviceTier(root: JsonValue): WrittenMember {
  const tier = root.get('service_tier')?.text
  if (tier === undefined || DEFAULT_TIERS.includes(tier)) return undefined
  if (SERVICE_TIERS.includes(tier)) return ['serviceTier', writeObject([['type', JSON.stringify(tier)]])]
  throw invalidMember('service_tier', `Input should be ${[...DEFAULT_TIERS, ...SERVICE_TIERS].join(', ')}`)
}
