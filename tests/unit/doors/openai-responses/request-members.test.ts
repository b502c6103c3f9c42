import type { ResponseCreateParamsBase, ResponseInputItem, Tool } from 'openai/resources/responses/responses'
import {
  INCLUDES,
  ITEM_MEMBERS,
  REQUEST_MEMBERS,
  TOOL_MEMBERS,
} from '../../../../layers/runtime/src/doors/openai-responses/members.ts'
import { CLAUDE_4_5, converse, GPT_OSS, NOVA, NOVA_2, plan, refusal } from './support.ts'

type Params = ResponseCreateParamsBase
/** A value of each member of OpenAI's request, and what becomes of it. The type names every member of the SDK. */
type Sample<Value> = {
  readonly value: Value
  readonly modelId?: string
  /** Member of the Converse request; null: it changes nothing; `refused`: it is refused by name. */
  readonly becomes: object | null | 'refused'
  readonly code?: string
}

const SCHEMA = { type: 'object', properties: {} }
const TOOLS: Tool[] = [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: null }]

const SAMPLES: { readonly [Name in keyof Required<Params>]: Sample<Params[Name]> } = {
  model: { value: 'nova-lite', becomes: null },
  input: {
    value: [{ role: 'user', content: 'x' }],
    becomes: { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
  },
  instructions: { value: 'Be kind', becomes: { system: [{ text: 'Be kind' }] } },
  stream: { value: true, becomes: null },
  stream_options: { value: { include_obfuscation: true }, becomes: null },
  max_output_tokens: { value: 5, becomes: { inferenceConfig: { maxTokens: 5 } } },
  max_tool_calls: { value: 2, becomes: null },
  temperature: { value: 0.5, becomes: { inferenceConfig: { temperature: 0.5 } } },
  top_p: { value: 0.5, becomes: { inferenceConfig: { topP: 0.5 } } },
  tools: {
    value: TOOLS,
    becomes: { toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] } },
  },
  tool_choice: { value: 'auto', becomes: null },
  parallel_tool_calls: { value: true, becomes: null },
  text: {
    value: { format: { type: 'json_schema', name: 'n', schema: SCHEMA } },
    modelId: CLAUDE_4_5,
    becomes: {
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'n', schema: JSON.stringify(SCHEMA) } } },
      },
    },
  },
  reasoning: {
    value: { effort: 'low', summary: 'auto' },
    modelId: NOVA_2,
    becomes: { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } } },
  },
  include: { value: ['reasoning.encrypted_content'], becomes: null },
  store: { value: true, becomes: null },
  service_tier: { value: 'flex', becomes: { serviceTier: { type: 'flex' } } },
  metadata: { value: { team: 'a' }, becomes: { requestMetadata: { team: 'a' } } },
  user: { value: 'u-1', becomes: { requestMetadata: { user: 'u-1' } } },
  safety_identifier: { value: 's-1', becomes: { requestMetadata: { safety_identifier: 's-1' } } },
  prompt_cache_key: { value: 'k', becomes: null },
  prompt_cache_options: { value: { mode: 'implicit' }, becomes: null },
  prompt_cache_retention: { value: '24h', becomes: null },
  previous_response_id: { value: 'resp_1', becomes: 'refused', code: 'previous_response_not_found' },
  background: { value: true, becomes: null },
  background_options: { value: { x: 1 } as object, becomes: 'refused' },
  conversation: { value: 'conv_1', becomes: 'refused' },
  prompt: { value: { id: 'pmpt_1' }, becomes: 'refused' },
  truncation: { value: 'auto', becomes: 'refused' },
  context_management: { value: [{ type: 'compaction' }], becomes: 'refused' },
  top_logprobs: { value: 3, becomes: 'refused' },
  moderation: { value: { model: 'm' }, becomes: 'refused' },
  access_programs: { value: {}, becomes: 'refused' },
  image: { value: {}, becomes: 'refused' },
}

const BASIC = converse({})

test.each(Object.entries<Sample<unknown>>(SAMPLES))(
  '%s is mapped, without effect, or refused by name',
  (name, { value, modelId = NOVA, becomes, code = 'unsupported_parameter' }) => {
    const request = { [name]: value }
    if (becomes === 'refused') {
      expect(refusal(request, { modelId })).toMatchObject({ statusCode: 400, param: name, code })
    } else expect(converse(request, { modelId })).toEqual({ ...BASIC, ...becomes })
  },
)

test('the table names every member of the SDK, and extensions', () => {
  const extensions = ['additional_model_request_fields', 'amazon-bedrock-guardrailConfig', 'client_metadata']
  expect(Object.keys(REQUEST_MEMBERS).sort()).toEqual([...Object.keys(SAMPLES), ...extensions].sort())
})

test('values that ask for nothing are accepted', () => {
  const neutral = {
    background: false,
    truncation: 'disabled',
    top_logprobs: 0,
    context_management: [],
    conversation: null,
  }
  expect(converse(neutral)).toEqual(BASIC)
})

type ItemType = NonNullable<Exclude<ResponseInputItem['type'], undefined>>

/** Each type of an item in the SDK, and whether it is accepted. */
const ITEMS: { readonly [Type in ItemType]: boolean } = {
  message: true,
  function_call: true,
  function_call_output: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  local_shell_call: true,
  local_shell_call_output: true,
  shell_call: true,
  shell_call_output: true,
  apply_patch_call: true,
  apply_patch_call_output: true,
  tool_search_call: true,
  tool_search_output: true,
  additional_tools: true,
  reasoning: true,
  item_reference: true,
  file_search_call: false,
  computer_call: false,
  computer_call_output: false,
  web_search_call: false,
  configuration_update: false,
  compaction: false,
  compaction_trigger: false,
  image_generation_call: false,
  code_interpreter_call: false,
  mcp_list_tools: false,
  mcp_approval_request: false,
  mcp_approval_response: false,
  mcp_call: false,
  program: false,
  program_output: false,
}

test.each(Object.entries(ITEMS))('an item of the type %s is converted, or refused by name (%s)', (type, isAccepted) => {
  expect(Object.hasOwn(ITEM_MEMBERS, type)).toBe(isAccepted)
  if (isAccepted) return
  expect(
    refusal({
      input: [
        { role: 'user', content: 'x' },
        { type, id: 'i' },
      ],
    }),
  ).toMatchObject({
    statusCode: 400,
    param: 'input[1].type',
    message: expect.stringContaining(`'${type}'`),
  })
})

/** Each type of a tool in the SDK, and whether it is accepted. */
const TOOL_TYPES: { readonly [Type in Tool['type']]: boolean } = {
  function: true,
  custom: true,
  namespace: true,
  local_shell: true,
  shell: true,
  apply_patch: true,
  tool_search: true,
  file_search: false,
  computer: false,
  computer_use_preview: false,
  web_search: false,
  web_search_2025_08_26: false,
  web_search_preview: false,
  web_search_preview_2025_03_11: false,
  mcp: false,
  code_interpreter: false,
  programmatic_tool_calling: false,
  image_generation: false,
}

test.each(Object.entries(TOOL_TYPES))(
  'a tool of the type %s is converted, or refused by name (%s)',
  (type, isAccepted) => {
    expect(Object.hasOwn(TOOL_MEMBERS, type)).toBe(isAccepted)
    const tool = { type, name: 'n', description: 'd', tools: [{ type: 'function', name: 't' }] }
    const named = ['function', 'custom', 'namespace'].includes(type) ? tool : { type }
    if (type === 'function' || type === 'custom') Reflect.deleteProperty(named, 'tools')
    if (isAccepted) expect(converse({ tools: [named] }).toolConfig.tools).toHaveLength(1)
    else expect(refusal({ tools: [named] })).toMatchObject({ statusCode: 400, param: 'tools[0].type' })
  },
)

test.each(Object.entries(INCLUDES))('include has %s, which is accepted, or refused by name', (name, { kind }) => {
  if (kind === 'refused') expect(refusal({ include: [name] })).toMatchObject({ param: 'include[0]' })
  else expect(converse({ include: [name] })).toEqual(BASIC)
})

test.each([
  [{ unheard: 1 }, 'unheard'],
  [{ input: 5 }, 'input'],
  [{ input: [] }, 'input'],
  [{ input: '' }, 'input'],
  [{ input: [5] }, 'input[0]'],
  [{ input: [{ role: 'nobody', content: 'x' }] }, 'input[0].role'],
  [{ input: [{ role: 'user', content: 'x', colour: 'red' }] }, 'input[0].colour'],
  [{ input: [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }] }, 'input[0].content[0].type'],
  [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, 'input[0].content[0].file_id'],
  [
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://a.example/x.png' }] }] },
    'input[0].content[0].image_url',
  ],
  [
    { input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a.example/x.pdf' }] }] },
    'input[0].content[0].file_url',
  ],
  [{ input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '[' }] }, 'input[0].arguments'],
  [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
  [{ input: [{ type: 'reasoning', summary: [], encrypted_content: 'AAAA' }] }, 'input[0].encrypted_content'],
  [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0].id'],
  [{ instructions: ['x'] }, 'instructions'],
  [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
  [{ text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name'],
  [{ reasoning: { mode: 'pro' } }, 'reasoning.mode'],
  [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
  [{ max_output_tokens: 0 }, 'max_output_tokens'],
  [{ temperature: 1.5 }, 'temperature'],
  [{ include: ['x'] }, 'include[0]'],
  [{ tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }, 'tools[0].environment'],
  [{ tools: [{ type: 'tool_search', execution: 'server' }] }, 'tools[0].execution'],
  [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'shell' }] }] }, 'tools[0].tools[0].type'],
  [{ tool_choice: { type: 'web_search' } }, 'tool_choice'],
  [{ stream_options: { x: 1 } }, 'stream_options.x'],
  [{ service_tier: 'scale' }, 'service_tier'],
])('%j is refused with the path %s', (request, param) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, type: 'invalid_request_error', param })
})

test('what is left out is named in a header', () => {
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'high' }
  const { replyHeaders } = plan({ text: { verbosity: 'low' }, input: [{ role: 'user', content: [image] }] })
  expect(replyHeaders['x-bedrock-functions-dropped']).toBe('input[0].content[0].detail, text.verbosity')
  expect(converse({ text: { verbosity: 'low' } }, { modelId: GPT_OSS }).additionalModelRequestFields).toEqual({
    verbosity: 'low',
  })
})

test('a search of the web, which Codex sends unless it is told not to, is refused with the setting that it needs', () => {
  expect(refusal({ tools: [{ type: 'web_search', external_web_access: false }] }).message).toContain(
    'In Codex, set web_search = "disabled" in config.toml.',
  )
})

const HELLO = { role: 'user', content: 'x' }
const item = (members: object) => ({ input: [HELLO, members] })
const call = (members: object) => item({ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', ...members })
const part = (members: object) => ({ input: [{ role: 'user', content: [members] }] })
const FILE = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' }
const tool = (members: object) => ({ tools: [{ type: 'function', name: 'f', ...members }] })
const format = (members: object) => ({ text: { format: { type: 'json_schema', name: 'n', schema: {}, ...members } } })

test.each<[string, object]>([
  ['previous_response_id', { previous_response_id: 5 }],
  ['previous_response_id', { previous_response_id: [] }],
  ['tools', { tools: {} }],
  ['text', { text: 'json' }],
  ['reasoning', { reasoning: 'low' }],
  ['reasoning.summary', { reasoning: { summary: true } }],
  ['metadata', { metadata: 'x' }],
  ['parallel_tool_calls', { parallel_tool_calls: 'false' }],
  ['include', { include: 'reasoning.encrypted_content' }],
  ['service_tier', { service_tier: 5 }],
  ['user', { user: 5 }],
  ['safety_identifier', { safety_identifier: [] }],
  ['stream_options', { stream_options: true }],
  ['additional_model_request_fields', { additional_model_request_fields: 'x' }],
  ['amazon-bedrock-guardrailConfig', { 'amazon-bedrock-guardrailConfig': 'x' }],
  ['input[1].type', item({ ...HELLO, type: 5 })],
  ['input[1].arguments', call({ arguments: {} })],
  ['input[1].namespace', call({ namespace: 5 })],
  ['input[1].encrypted_content', item({ type: 'reasoning', encrypted_content: 5 })],
  ['input[1].tools', item({ type: 'additional_tools', tools: {} })],
  ['input[0].content[0].cache_control', part({ type: 'input_text', text: 'x', cache_control: 'x' })],
  ['input[0].content[0].filename', part({ ...FILE, filename: 5 })],
  ['input[0].content[0].citations', part({ ...FILE, citations: true })],
  ['tools[0].description', tool({ description: 5 })],
  ['tools[0].parameters', tool({ parameters: 'x' })],
  ['tools[0].strict', tool({ strict: 'x' })],
  ['tools[0].format', { tools: [{ type: 'custom', name: 'f', format: 'text' }] }],
  ['tools[0].tools', { tools: [{ type: 'namespace', name: 'n', tools: {} }] }],
  ['text.format', { text: { format: 'json' } }],
  ['text.format.schema', format({ schema: 'x' })],
  ['text.format.description', format({ description: 5 })],
])('%s of another type than in the contract is refused by name', (param, request) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, param, code: 'invalid_type' })
})
