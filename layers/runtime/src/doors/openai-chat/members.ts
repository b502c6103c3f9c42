import { dropped, ignored, type MemberTable, mapped, refused } from '../openai/request-members.ts'

/** Members of a request of OpenAI's chat completions, by their way onto Converse. docs/front-doors.md shows the table. */
export const REQUEST_MEMBERS: MemberTable = {
  messages: mapped('messages, system'),
  model: mapped('modelId'),
  stream: mapped('ConverseStream instead of Converse'),
  stream_options: mapped('include_usage: a last chunk with the usage', 'object'),
  max_completion_tokens: mapped('inferenceConfig.maxTokens', 'number'),
  max_tokens: mapped('inferenceConfig.maxTokens; max_completion_tokens takes precedence', 'number'),
  temperature: mapped('inferenceConfig.temperature; above 1 is refused'),
  top_p: mapped('inferenceConfig.topP'),
  stop: mapped('inferenceConfig.stopSequences'),
  tools: mapped('toolConfig.tools', 'array'),
  tool_choice: mapped('toolConfig.toolChoice; none leaves the tools out'),
  parallel_tool_calls: mapped(
    'false: additionalModelRequestFields.tool_choice (Claude), .parallel_tool_calls (chat completions)',
    'boolean',
  ),
  response_format: mapped(
    'outputConfig.textFormat; a forced tool or an instruction where the model has no such format',
    'object',
  ),
  reasoning_effort: mapped(
    'outputConfig.effort and thinking (Claude), reasoningConfig (Nova 2), reasoning_effort (chat completions)',
  ),
  verbosity: mapped('additionalModelRequestFields.verbosity (chat completions)'),
  seed: mapped('additionalModelRequestFields.seed (chat completions)'),
  presence_penalty: mapped('additionalModelRequestFields.presence_penalty (chat completions)'),
  frequency_penalty: mapped('additionalModelRequestFields.frequency_penalty (chat completions)'),
  service_tier: mapped('serviceTier.type: default, flex, priority', 'string'),
  metadata: mapped('requestMetadata', 'object'),
  user: mapped('requestMetadata.user', 'string'),
  safety_identifier: mapped('requestMetadata.safety_identifier', 'string'),
  additional_model_request_fields: mapped('additionalModelRequestFields', 'object'),
  'amazon-bedrock-guardrailConfig': mapped('guardrailConfig', 'object'),
  prediction: ignored('It only makes an answer faster.'),
  prompt_cache_key: ignored('Caches of Bedrock have no keys.'),
  prompt_cache_options: ignored('prompt_cache_breakpoint of a part sets a cache point.'),
  prompt_cache_retention: ignored('prompt_cache_breakpoint of a part sets a cache point and its time to live.'),
  store: refused('Chat completions are not stored.', ['false']),
  n: refused('Bedrock gives one answer for each call.', ['1']),
  logprobs: refused('Bedrock gives no log probabilities.', ['false']),
  top_logprobs: refused('Bedrock gives no log probabilities.', ['0']),
  logit_bias: refused('Bedrock has no biases of tokens.', ['{}']),
  modalities: refused('Bedrock answers with text.', ['["text"]']),
  audio: refused('Bedrock answers with text.'),
  moderation: refused('Guardrails of Bedrock moderate, see amazon-bedrock-guardrailConfig.'),
  web_search_options: refused('Bedrock does not search the web here.'),
  functions: refused('Use tools.', ['[]']),
  function_call: refused('Use tool_choice.', ['"none"']),
}

const CONTENT_NOTE = 'Converse does not tell participants of a role apart.'

/** Members of an answer's message that clients send back, and that say nothing new. */
const ANSWER_MEMBERS: MemberTable = {
  reasoning_content: ignored(
    'Models write their reasoning anew. Claude needs its thinking_blocks, which have signatures.',
  ),
  reasoning: ignored('As reasoning_content.'),
  annotations: ignored('They come from an answer.'),
  citations: ignored('They come from an answer.'),
  parsed: ignored('Clients derive it from content.'),
}

/** Members of messages by role. */
export const MESSAGE_MEMBERS: Readonly<Record<string, MemberTable>> = {
  system: { role: mapped('system'), content: mapped('system'), name: dropped(CONTENT_NOTE) },
  developer: { role: mapped('system'), content: mapped('system'), name: dropped(CONTENT_NOTE) },
  user: { role: mapped('role'), content: mapped('content'), name: dropped(CONTENT_NOTE) },
  assistant: {
    role: mapped('role'),
    content: mapped('content'),
    refusal: mapped('content', 'string'),
    tool_calls: mapped('toolUse blocks', 'array'),
    thinking_blocks: mapped('reasoningContent blocks', 'array'),
    ...ANSWER_MEMBERS,
    name: dropped(CONTENT_NOTE),
    audio: refused('Bedrock answers with text.'),
    function_call: refused('Use tool_calls.'),
  },
  tool: {
    role: mapped('role user'),
    content: mapped('toolResult.content'),
    tool_call_id: mapped('toolResult.toolUseId'),
    name: ignored('The id names the call.'),
  },
}

/** Members of parts of a message's content by type. */
export const PART_MEMBERS: Readonly<Record<string, MemberTable>> = {
  text: { type: mapped('text'), text: mapped('text'), ...cacheMembers() },
  image_url: { type: mapped('image'), image_url: mapped('image.source'), ...cacheMembers() },
  input_audio: { type: mapped('audio'), input_audio: mapped('audio.format, audio.source'), ...cacheMembers() },
  file: { type: mapped('document'), file: mapped('document.name, document.source'), ...cacheMembers() },
  refusal: { type: mapped('text'), refusal: mapped('text') },
}

/**
 * Members in parts of an answer that came back. OpenAI's Agents SDK copies those of the whole message into its parts.
 */
export const ANSWER_PART_MEMBERS: MemberTable = {
  ...ANSWER_MEMBERS,
  thinking_blocks: mapped('reasoningContent blocks, if the message has none', 'array'),
  role: ignored('It is that of the message.'),
  refusal: ignored('It is that of the message.'),
  tool_calls: ignored('They are those of the message.'),
}

/** OpenAI's member for cache points, and the one that clients of Claude send. */
function cacheMembers(): MemberTable {
  return { prompt_cache_breakpoint: mapped('cachePoint', 'object'), cache_control: mapped('cachePoint', 'object') }
}

/** Members of the objects in parts, tools and tool calls. */
export const INNER_MEMBERS = {
  image_url: { url: mapped('source'), detail: dropped('Models choose the size of an image.', ['"auto"']) },
  input_audio: { data: mapped('source'), format: mapped('format') },
  file: {
    file_data: mapped('source'),
    filename: mapped('name, format', 'string'),
    citations: mapped('citations; not in OpenAI’s API', 'object'),
    file_id: refused('There are no stored files: send file_data.'),
  },
  tool: {
    type: mapped('toolSpec'),
    function: mapped('toolSpec'),
    custom: refused('Custom tools have no counterpart in Converse.'),
  },
  toolFunction: {
    name: mapped('name'),
    description: mapped('description', 'string'),
    parameters: mapped('inputSchema.json', 'object'),
    strict: mapped('strict, where the model has structured outputs', 'boolean'),
  },
  toolCall: {
    id: mapped('toolUseId'),
    type: mapped('toolUse'),
    function: mapped('name, input'),
    index: ignored('It is of a stream.'),
    custom: refused('Custom tools have no counterpart in Converse.'),
  },
  calledFunction: {
    name: mapped('name'),
    arguments: mapped('input', 'string'),
    parsed_arguments: ignored('Clients derive it from arguments.'),
  },
  responseFormat: { type: mapped('outputConfig'), json_schema: mapped('outputConfig.textFormat') },
  jsonSchema: {
    name: mapped('name'),
    description: mapped('description', 'string'),
    schema: mapped('schema', 'object'),
    strict: ignored('A format of Bedrock is always strict.'),
  },
  streamOptions: {
    include_usage: mapped('a last chunk with the usage'),
    include_obfuscation: ignored('Chunks have no padding.'),
  },
  guardrailConfig: {
    guardrailIdentifier: mapped('guardrailIdentifier'),
    guardrailVersion: mapped('guardrailVersion'),
    trace: mapped('trace'),
    streamProcessingMode: mapped('streamProcessingMode'),
    tagSuffix: refused('Converse has no tags in prompts.'),
  },
} satisfies Readonly<Record<string, MemberTable>>
