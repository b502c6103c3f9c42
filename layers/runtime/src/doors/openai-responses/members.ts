import { dropped, ignored, type MemberTable, mapped, refused } from '../openai/request-members.ts'
import { PART_MEMBERS as CHAT_PARTS } from '../openai-chat/members.ts'

const NO_SERVER_TOOLS = 'Tools that a server runs are refused.'

/** Members of a request of OpenAI's Responses API, by their way onto Converse. docs/front-doors.md shows the table. */
export const REQUEST_MEMBERS: MemberTable = {
  model: mapped('modelId'),
  input: mapped('messages, system'),
  instructions: mapped('system'),
  stream: mapped('ConverseStream instead of Converse'),
  max_output_tokens: mapped('inferenceConfig.maxTokens'),
  temperature: mapped('inferenceConfig.temperature; above 1 is refused'),
  top_p: mapped('inferenceConfig.topP'),
  tools: mapped('toolConfig.tools', 'array'),
  tool_choice: mapped('toolConfig.toolChoice; none leaves the tools out'),
  parallel_tool_calls: mapped(
    'false: additionalModelRequestFields.tool_choice (Claude), .parallel_tool_calls (chat completions)',
    'boolean',
  ),
  text: mapped(
    'text.format: outputConfig.textFormat; text.verbosity: additionalModelRequestFields.verbosity',
    'object',
  ),
  reasoning: mapped(
    'outputConfig.effort and thinking (Claude), reasoningConfig (Nova 2), reasoning_effort (chat completions)',
    'object',
  ),
  include: mapped('reasoning.encrypted_content: reasoning comes back sealed', 'array'),
  store: mapped('false: nothing of the response is kept'),
  previous_response_id: mapped('messages: the input and the output of that response come first', 'string'),
  service_tier: mapped('serviceTier.type: default, flex, priority', 'string'),
  metadata: mapped('requestMetadata, and echoed', 'object'),
  user: mapped('requestMetadata.user', 'string'),
  safety_identifier: mapped('requestMetadata.safety_identifier', 'string'),
  additional_model_request_fields: mapped('additionalModelRequestFields', 'object'),
  'amazon-bedrock-guardrailConfig': mapped('guardrailConfig', 'object'),
  stream_options: mapped('include_obfuscation: events have no padding', 'object'),
  max_tool_calls: ignored(`It limits the tools that a server runs. ${NO_SERVER_TOOLS}`),
  prompt_cache_key: ignored('Caches of Bedrock have no keys.'),
  prompt_cache_options: ignored('prompt_cache_breakpoint of a part sets a cache point.'),
  prompt_cache_retention: ignored('prompt_cache_breakpoint of a part sets a cache point and its time to live.'),
  client_metadata: ignored('Codex describes itself in it.'),
  background: mapped('a job of this stack, for a response that is stored and does not stream'),
  background_options: refused('Jobs of this stack have no options.', ['{}']),
  conversation: refused('Conversations are not stored: use previous_response_id.'),
  prompt: refused('Prompts are not stored.'),
  truncation: refused('Bedrock does not shorten a conversation.', ['"disabled"']),
  context_management: refused('Bedrock does not shorten a conversation.', ['[]']),
  top_logprobs: refused('Bedrock gives no log probabilities.', ['0']),
  moderation: refused('Guardrails of Bedrock moderate, see amazon-bedrock-guardrailConfig.'),
  access_programs: refused('They are of OpenAI’s own service.'),
  image: refused('Bedrock answers with text here.'),
}

const STATUS_NOTE = ignored('Items of the input are complete.')
const ID_NOTE = ignored('It names the item for its client.')
const CALLER_NOTE = refused('Only the model calls tools.', ['{"type":"direct"}'])

const CALL_MEMBERS: MemberTable = {
  type: mapped('toolUse', 'string'),
  id: ID_NOTE,
  call_id: mapped('toolUseId'),
  status: STATUS_NOTE,
  caller: CALLER_NOTE,
  async: refused('Tools are waited for.', ['false']),
  created_by: ignored('It is the client of the item.'),
}

const OUTPUT_MEMBERS: MemberTable = {
  ...CALL_MEMBERS,
  type: mapped('toolResult', 'string'),
  output: mapped('toolResult.content'),
}

const NAMED_OUTPUT: MemberTable = {
  ...OUTPUT_MEMBERS,
  name: ignored('The id names the call.'),
  namespace: ignored('The id names the call.'),
}

/** Members of the items of the input by type. An item of another type is refused. */
export const ITEM_MEMBERS: Readonly<Record<string, MemberTable>> = {
  message: {
    type: mapped('message', 'string'),
    id: ID_NOTE,
    role: mapped('role; system and developer become system'),
    content: mapped('content'),
    status: STATUS_NOTE,
    phase: ignored('Converse does not tell comments from answers.'),
    internal_chat_message_metadata_passthrough: ignored('Codex describes itself in it.'),
    end_turn: ignored('It comes from an answer.'),
  },
  function_call: {
    ...CALL_MEMBERS,
    name: mapped('toolUse.name'),
    namespace: mapped('toolUse.name, before the name', 'string'),
    arguments: mapped('toolUse.input', 'string'),
    parsed_arguments: ignored('Clients derive it from arguments.'),
  },
  function_call_output: NAMED_OUTPUT,
  custom_tool_call: {
    ...CALL_MEMBERS,
    name: mapped('toolUse.name'),
    namespace: mapped('toolUse.name, before the name', 'string'),
    input: mapped('toolUse.input.input'),
  },
  custom_tool_call_output: NAMED_OUTPUT,
  local_shell_call: { ...CALL_MEMBERS, action: mapped('toolUse.input') },
  local_shell_call_output: OUTPUT_MEMBERS,
  shell_call: {
    ...CALL_MEMBERS,
    action: mapped('toolUse.input'),
    environment: refused('Shells of a server are refused.', ['{"type":"local"}']),
  },
  shell_call_output: { ...OUTPUT_MEMBERS, max_output_length: ignored('The client has cut the output.') },
  apply_patch_call: { ...CALL_MEMBERS, operation: mapped('toolUse.input') },
  apply_patch_call_output: { ...OUTPUT_MEMBERS, status: mapped('toolResult.status', 'string') },
  tool_search_call: {
    ...CALL_MEMBERS,
    execution: refused(NO_SERVER_TOOLS, ['"client"']),
    arguments: mapped('toolUse.input'),
  },
  tool_search_output: {
    ...CALL_MEMBERS,
    type: mapped('toolResult', 'string'),
    execution: refused(NO_SERVER_TOOLS, ['"client"']),
    tools: mapped('toolConfig.tools, and their names as toolResult.content', 'array'),
  },
  additional_tools: {
    type: mapped('toolConfig', 'string'),
    id: ID_NOTE,
    role: ignored('It is developer.'),
    tools: mapped('toolConfig.tools', 'array'),
  },
  reasoning: {
    type: mapped('reasoningContent', 'string'),
    id: ID_NOTE,
    encrypted_content: mapped('reasoningContent, if this stack sealed it', 'string'),
    summary: ignored('Models write their reasoning anew. Claude gets the sealed one.'),
    content: ignored('Models write their reasoning anew. Claude gets the sealed one.'),
    status: STATUS_NOTE,
    internal_chat_message_metadata_passthrough: ignored('Codex describes itself in it.'),
  },
  item_reference: { type: mapped('the item', 'string'), id: mapped('the item') },
}

const DETAIL = dropped('Models choose the size of an image.', ['"auto"'])
const NO_FILES = refused('There are no stored files: send the bytes.')
const BREAKPOINT: MemberTable = {
  prompt_cache_breakpoint: mapped('cachePoint', 'object'),
  cache_control: mapped('cachePoint', 'object'),
}

/** Members of parts of a message or of the output of a tool, by type. */
export const PART_MEMBERS: Readonly<Record<string, MemberTable>> = {
  input_text: { type: mapped('text'), text: mapped('text'), ...BREAKPOINT },
  output_text: {
    type: mapped('text'),
    text: mapped('text'),
    annotations: ignored('They come from an answer.'),
    logprobs: ignored('They come from an answer.'),
    citations: ignored('They come from an answer.'),
    parsed: ignored('Clients derive it from text.'),
  },
  refusal: { type: mapped('text'), refusal: mapped('text') },
  input_image: {
    type: mapped('image'),
    image_url: mapped('image.source'),
    detail: DETAIL,
    file_id: NO_FILES,
    ...BREAKPOINT,
  },
  input_file: {
    type: mapped('document'),
    file_data: mapped('document.source'),
    file_url: mapped('document.source: an s3:// URI or a data URL'),
    filename: mapped('document.name, document.format', 'string'),
    citations: mapped('document.citations; not in OpenAI’s API', 'object'),
    detail: DETAIL,
    file_id: NO_FILES,
    ...BREAKPOINT,
  },
  input_audio: CHAT_PARTS.input_audio ?? {},
}

const DEFERRED = dropped('All tools are loaded at once.', ['false'])
const CALLERS = refused('Only the model calls tools.', ['["direct"]'])
const ASYNC = refused('Tools are waited for.', ['false'])

/** Members of tools by type. A tool of another type is refused. */
export const TOOL_MEMBERS: Readonly<Record<string, MemberTable>> = {
  function: {
    type: mapped('toolSpec'),
    name: mapped('toolSpec.name'),
    description: mapped('toolSpec.description', 'string'),
    parameters: mapped('toolSpec.inputSchema.json', 'object'),
    strict: mapped('toolSpec.strict, where the model has structured outputs', 'boolean'),
    defer_loading: DEFERRED,
    output_schema: ignored('Bedrock does not check the output of a tool.'),
    allowed_callers: CALLERS,
    async: ASYNC,
  },
  custom: {
    type: mapped('toolSpec with one text as its input'),
    name: mapped('toolSpec.name'),
    description: mapped('toolSpec.description', 'string'),
    format: mapped('toolSpec.description: a grammar is told to the model, not enforced', 'object'),
    defer_loading: DEFERRED,
    allowed_callers: CALLERS,
    async: ASYNC,
  },
  namespace: {
    type: mapped('one toolSpec for each of its tools'),
    name: mapped('toolSpec.name, before the name of the tool'),
    description: mapped('toolSpec.description, before that of the tool', 'string'),
    tools: mapped('toolConfig.tools', 'array'),
  },
  local_shell: { type: mapped('toolSpec local_shell') },
  shell: {
    type: mapped('toolSpec shell'),
    environment: refused('Shells of a server are refused.', ['{"type":"local"}']),
    allowed_callers: CALLERS,
  },
  apply_patch: { type: mapped('toolSpec apply_patch'), allowed_callers: CALLERS },
  tool_search: {
    type: mapped('toolSpec tool_search'),
    execution: refused(NO_SERVER_TOOLS, ['"client"']),
    description: mapped('toolSpec.description', 'string'),
    parameters: mapped('toolSpec.inputSchema.json', 'object'),
  },
}

/** Members of the objects in a request. */
export const INNER_MEMBERS = {
  text: {
    format: mapped('outputConfig.textFormat', 'object'),
    verbosity: mapped('verbosity (chat completions)', 'string'),
  },
  format: {
    type: mapped('outputConfig.textFormat'),
    name: mapped('name'),
    description: mapped('description', 'string'),
    schema: mapped('schema', 'object'),
    strict: ignored('A format of Bedrock is always strict.'),
  },
  reasoning: {
    effort: mapped('effort'),
    summary: mapped('the reasoning comes as a summary, not as content', 'string'),
    generate_summary: mapped('summary', 'string'),
    context: dropped('The client chooses the reasoning that it sends back.', ['"auto"', '"all_turns"']),
    mode: refused('Bedrock has one mode.', ['"standard"']),
  },
  streamOptions: { include_obfuscation: ignored('Events have no padding.') },
} satisfies Readonly<Record<string, MemberTable>>

/** Values of `include`. Most ask for members of items that cannot come. */
export const INCLUDES: MemberTable = {
  'reasoning.encrypted_content': mapped('the reasoning comes back sealed'),
  'web_search_call.results': ignored('Such items do not come.'),
  'web_search_call.action.sources': ignored('Such items do not come.'),
  'file_search_call.results': ignored('Such items do not come.'),
  'code_interpreter_call.outputs': ignored('Such items do not come.'),
  'computer_call_output.output.image_url': ignored('Such items do not come.'),
  'message.input_image.image_url': ignored('Input items have it always.'),
  'message.output_text.logprobs': refused('Bedrock gives no log probabilities.'),
}
