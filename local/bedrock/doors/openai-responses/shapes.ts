import {
  boolean,
  document,
  either,
  integer,
  list,
  number,
  oneOf,
  type Shape,
  structure,
  text,
} from '../../shapes/shape.ts'

/** OpenAI's Responses API as Bedrock serves it. Source: the types of openai 7.59. */

const contentPart: Shape = {
  type: 'tagged',
  variants: {
    input_text: structure({ text }, ['text']),
    output_text: structure({ text }, ['text']),
    input_image: structure({ image_url: text, file_id: text, detail: text }),
    input_file: structure({ file_data: text, filename: text, file_id: text, file_url: text }),
    refusal: structure({ refusal: text }),
  },
}

const content = either(text, list(contentPart))

const callOutput = structure({ call_id: text, output: content }, ['call_id', 'output'])

/** Items and tools of clients that the emulator's model does not read. */
const unread = structure({})

const item: Shape = {
  type: 'tagged',
  fallback: 'message',
  variants: {
    message: structure({ role: oneOf('user', 'assistant', 'system', 'developer'), content }, ['role', 'content']),
    function_call: structure({ call_id: text, name: text, arguments: text }, ['call_id', 'name', 'arguments']),
    function_call_output: callOutput,
    custom_tool_call: structure({ call_id: text, name: text, input: text }, ['call_id', 'name', 'input']),
    custom_tool_call_output: callOutput,
    reasoning: structure({ summary: list(structure({ text })), encrypted_content: text }),
    item_reference: structure({ id: text }, ['id']),
    local_shell_call: unread,
    local_shell_call_output: unread,
    shell_call: unread,
    shell_call_output: unread,
    apply_patch_call: unread,
    apply_patch_call_output: unread,
    tool_search_call: unread,
    tool_search_output: unread,
    additional_tools: unread,
    compaction: unread,
  },
}

const tool: Shape = {
  type: 'tagged',
  variants: {
    function: structure({ name: text, description: text, parameters: structure({}), strict: boolean }, ['name']),
    custom: structure({ name: text, description: text, format: structure({}) }, ['name']),
    local_shell: unread,
    shell: unread,
    apply_patch: unread,
    namespace: unread,
    tool_search: unread,
  },
}

export const responsesRequest = structure(
  {
    model: text,
    input: either(text, list(item, 1)),
    instructions: text,
    previous_response_id: text,
    store: boolean,
    stream: boolean,
    stream_options: structure({ include_obfuscation: boolean }),
    background: boolean,
    max_output_tokens: integer(16),
    max_tool_calls: integer(1),
    temperature: number(0, 2),
    top_p: number(0, 1),
    top_logprobs: integer(0, 20),
    tools: list(tool),
    tool_choice: either(text, structure({ type: text, name: text, mode: text })),
    parallel_tool_calls: boolean,
    text: structure({
      format: structure({ type: oneOf('text', 'json_object', 'json_schema'), name: text, schema: structure({}) }, [
        'type',
      ]),
      verbosity: oneOf('low', 'medium', 'high'),
    }),
    reasoning: structure({
      effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      summary: oneOf('auto', 'concise', 'detailed'),
    }),
    include: list(text),
    truncation: oneOf('auto', 'disabled'),
    service_tier: oneOf('auto', 'default', 'flex', 'priority'),
    metadata: { type: 'map', maximum: 16, values: { type: 'string', maximum: 512 } },
    user: text,
    safety_identifier: text,
    // Sent by Codex 0.171.
    client_metadata: structure({}),
    prompt_cache_key: text,
    prompt_cache_options: structure({}),
    prompt_cache_retention: oneOf('in_memory', '24h'),
    conversation: document,
    prompt: document,
    context_management: document,
    moderation: document,
  },
  ['model', 'input'],
)

/** Tools that OpenAI runs itself. Source: Bedrock user guide, "Responses API": they are not available. */
export const SERVER_TOOLS: readonly string[] = [
  'code_interpreter',
  'computer',
  'computer_use_preview',
  'file_search',
  'image_generation',
  'mcp',
  'programmatic_tool_calling',
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
]
