import type { JsonValue } from '../../json/json-document.ts'
import {
  dropped,
  findRepeated,
  findWrongType,
  ignored,
  type MemberTable,
  mapped,
  refused,
  type ValueType,
} from '../openai/request-members.ts'
import { invalidMember } from './errors.ts'

const NO_COUNTERPART = 'Converse has no such member.'
const CLIENT_ONLY = 'It says where a tool may run from, which only Claude reads.'

/**
 * Members of a Messages request, by their way onto Converse. By InvokeModel all members are passed to Claude as they are.
 * docs/front-doors.md shows the table.
 */
export const REQUEST_MEMBERS: MemberTable = {
  model: mapped('modelId'),
  max_tokens: mapped('inferenceConfig.maxTokens, lowered to the limit of a model other than Claude'),
  messages: mapped('messages', 'array'),
  system: mapped('system', 'string', 'array'),
  stream: mapped('ConverseStream instead of Converse'),
  tools: mapped('toolConfig.tools', 'array'),
  tool_choice: mapped(
    'toolConfig.toolChoice; none keeps the tools of a conversation that used them, with an instruction',
    'object',
  ),
  thinking: mapped(
    'additionalModelRequestFields by the family of the model; left out where a model does not reason',
    'object',
  ),
  output_config: mapped('outputConfig; effort as reasoning by the family of the model', 'object'),
  output_format: mapped('outputConfig.textFormat, as output_config.format', 'object'),
  stop_sequences: mapped('inferenceConfig.stopSequences', 'array'),
  temperature: mapped('inferenceConfig.temperature'),
  top_p: mapped('inferenceConfig.topP'),
  top_k: mapped('additionalModelRequestFields of Claude, Nova, Mistral and Cohere; refused for others'),
  metadata: mapped('requestMetadata.user_id', 'object'),
  service_tier: mapped('serviceTier: auto and standard_only are the default', 'string'),
  cache_control: mapped('a cache point behind the last block', 'object'),
  anthropic_version: ignored('The route and the model decide on the form of the body.'),
  anthropic_beta: mapped(
    'additionalModelRequestFields.anthropic_beta (Claude), as the header anthropic-beta; left out for others',
    'array',
  ),
  context_management: dropped('Only Claude edits its context.'),
  diagnostics: dropped(NO_COUNTERPART),
  inference_geo: refused('The model id of an inference profile decides on the geography.'),
  speed: refused('Use a service tier.', ['"standard"']),
  container: refused('Bedrock has no containers of skills.'),
  mcp_servers: refused('Bedrock calls no MCP servers.', ['[]']),
  user_profile_id: refused(NO_COUNTERPART),
  workspace_id: refused('Bedrock has projects.'),
  fallbacks: refused('Use the header x-model-fallback.'),
}

export const INNER_MEMBERS = {
  message: { role: mapped('role', 'string'), content: mapped('content', 'string', 'array') },
  systemBlock: {
    type: mapped('system'),
    text: mapped('text'),
    cache_control: mapped('cachePoint', 'object'),
    citations: ignored('A system prompt has none.'),
  },
  cacheControl: {
    type: mapped('cachePoint.type'),
    ttl: mapped('cachePoint.ttl', 'string'),
    scope: dropped(NO_COUNTERPART),
  },
  text: {
    type: mapped('text'),
    text: mapped('text'),
    cache_control: mapped('cachePoint', 'object'),
    citations: ignored('Citations of earlier answers change nothing.'),
  },
  image: {
    type: mapped('image'),
    source: mapped('image.source', 'object'),
    cache_control: mapped('cachePoint', 'object'),
  },
  document: {
    type: mapped('document'),
    source: mapped('document.source', 'object'),
    title: mapped('document.name', 'string'),
    context: mapped('document.context', 'string'),
    citations: mapped('document.citations', 'object'),
    cache_control: mapped('cachePoint', 'object'),
  },
  searchResult: {
    type: mapped('searchResult'),
    source: mapped('searchResult.source'),
    title: mapped('searchResult.title'),
    content: mapped('searchResult.content', 'array'),
    citations: mapped('searchResult.citations', 'object'),
    cache_control: mapped('cachePoint', 'object'),
  },
  citations: { enabled: mapped('citations.enabled', 'boolean') },
  sourceText: {
    type: mapped('text'),
    text: mapped('text'),
    cache_control: dropped('Converse has no cache points inside a document.'),
    citations: ignored('Citations of earlier answers change nothing.'),
  },
  source: {
    type: mapped('source'),
    media_type: mapped('format'),
    data: mapped('source.bytes'),
    url: mapped('an s3:// URI: source.s3Location'),
    content: mapped('source.content', 'string', 'array'),
  },
  toolUse: {
    type: mapped('toolUse'),
    id: mapped('toolUse.toolUseId'),
    name: mapped('toolUse.name'),
    input: mapped('toolUse.input', 'object'),
    cache_control: mapped('cachePoint', 'object'),
    caller: ignored(CLIENT_ONLY),
  },
  toolResult: {
    type: mapped('toolResult'),
    tool_use_id: mapped('toolResult.toolUseId'),
    content: mapped('toolResult.content', 'string', 'array'),
    is_error: mapped('toolResult.status', 'boolean'),
    cache_control: mapped('cachePoint', 'object'),
  },
  thinking: {
    type: mapped('reasoningContent'),
    thinking: mapped('reasoningText.text'),
    signature: mapped('reasoningText.signature', 'string'),
  },
  redactedThinking: { type: mapped('reasoningContent'), data: mapped('redactedContent') },
  tool: {
    type: mapped('custom tools only', 'string'),
    name: mapped('toolSpec.name'),
    description: mapped('toolSpec.description', 'string'),
    input_schema: mapped('toolSpec.inputSchema.json', 'object'),
    strict: mapped('toolSpec.strict, where the model has structured outputs', 'boolean'),
    cache_control: mapped('cachePoint', 'object'),
    input_examples: dropped(NO_COUNTERPART),
    defer_loading: dropped(NO_COUNTERPART),
    eager_input_streaming: ignored('Bedrock streams the input of tools as it comes.'),
    allowed_callers: dropped(CLIENT_ONLY),
  },
  toolChoice: {
    type: mapped('toolChoice', 'string'),
    name: mapped('toolChoice.tool.name'),
    disable_parallel_tool_use: mapped(
      'additionalModelRequestFields.tool_choice (Claude), .parallel_tool_calls (chat completions); left out for others',
      'boolean',
    ),
  },
  thinkingConfig: {
    type: mapped('reasoning by the family of the model', 'string'),
    budget_tokens: mapped('an effort', 'number'),
    display: ignored('Other models than Claude have one form of reasoning.'),
  },
  outputConfig: {
    effort: mapped('reasoning by the family of the model', 'string'),
    format: mapped('outputConfig.textFormat', 'object'),
    task_budget: dropped(NO_COUNTERPART),
  },
  format: { type: mapped('json_schema'), schema: mapped('structure.jsonSchema.schema') },
  metadata: { user_id: mapped('requestMetadata.user_id', 'string') },
} as const satisfies Readonly<Record<string, MemberTable>>

/**
 * Checks the members of an object of a request. null is the same as absent.
 *
 * @param path path of the object with a point behind it; empty for the request itself
 * @param left gets the paths of dropped members
 * @throws BedrockError ValidationException that names a refused or an unknown member, in Anthropic's words
 */
export function checkMembers(object: JsonValue, table: MemberTable, path: string, left: Set<string>): void {
  const repeated = findRepeated(object)
  if (repeated !== undefined) throw invalidMember(`${path}${repeated}`, 'Input should be given once')
  for (const { name, value } of object.members) {
    if (value.kind === 'null') continue
    const treatment = Object.hasOwn(table, name) ? table[name] : undefined
    if (!treatment) throw invalidMember(`${path}${name}`, 'Extra inputs are not permitted')
    const types = findWrongType(treatment, value)
    if (types) throw invalidMember(`${path}${name}`, `Input should be a valid ${types.map(toName).join(' or ')}`)
    if (treatment.kind === 'dropped') left.add(`${path}${name}`)
    if (treatment.kind !== 'refused' || treatment.unless?.includes(value.bytes.toString())) continue
    throw invalidMember(`${path}${name}`, `This model has no such member. ${treatment.because}`)
  }
}

/** Names of types in Anthropic's messages. */
const TYPE_NAMES: Readonly<Partial<Record<ValueType, string>>> = { array: 'list', object: 'dictionary' }

function toName(type: ValueType): string {
  return TYPE_NAMES[type] ?? type
}
