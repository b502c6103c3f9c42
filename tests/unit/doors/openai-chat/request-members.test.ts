import type { ChatCompletionCreateParams, ChatCompletionMessageParam } from 'openai/resources'
import {
  INNER_MEMBERS,
  MESSAGE_MEMBERS,
  PART_MEMBERS,
  REQUEST_MEMBERS,
} from '../../../../layers/runtime/src/doors/openai-chat/members.ts'
import { bodyOf, CLAUDE_4_5, converse, GPT_OSS, HELLO, NOVA, NOVA_2, refusal } from './support.ts'

type Params = ChatCompletionCreateParams
/** A value of each member of OpenAI's request, and what becomes of it. The type names every member of the SDK. */
type Sample<Value> = {
  readonly value: Value
  readonly modelId?: string
  /** Member of the Converse request; null: it changes nothing; `refused`: it is refused by name. */
  readonly becomes: object | null | 'refused'
}

const TOOLS = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }]
const TOOL_CONFIG = { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] }
const SCHEMA = { type: 'object', properties: {} }

const SAMPLES: { readonly [Name in keyof Required<Params>]: Sample<Params[Name]> } = {
  messages: {
    value: [{ role: 'user', content: 'x' }],
    becomes: { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
  },
  model: { value: 'nova-lite', becomes: null },
  stream: { value: true, becomes: null },
  stream_options: { value: { include_usage: true, include_obfuscation: true }, becomes: null },
  max_completion_tokens: { value: 5, becomes: { inferenceConfig: { maxTokens: 5 } } },
  max_tokens: { value: 6, becomes: { inferenceConfig: { maxTokens: 6 } } },
  temperature: { value: 0.5, becomes: { inferenceConfig: { temperature: 0.5 } } },
  top_p: { value: 0.5, becomes: { inferenceConfig: { topP: 0.5 } } },
  stop: { value: ['a', 'b'], becomes: { inferenceConfig: { stopSequences: ['a', 'b'] } } },
  tools: { value: TOOLS, becomes: { toolConfig: TOOL_CONFIG } },
  tool_choice: { value: 'auto', becomes: null },
  parallel_tool_calls: { value: true, becomes: null },
  response_format: {
    value: { type: 'json_schema', json_schema: { name: 'n', schema: SCHEMA } },
    modelId: CLAUDE_4_5,
    becomes: {
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'n', schema: JSON.stringify(SCHEMA) } } },
      },
    },
  },
  reasoning_effort: {
    value: 'low',
    modelId: NOVA_2,
    becomes: { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } } },
  },
  verbosity: { value: 'low', modelId: GPT_OSS, becomes: { additionalModelRequestFields: { verbosity: 'low' } } },
  seed: { value: 7, modelId: GPT_OSS, becomes: { additionalModelRequestFields: { seed: 7 } } },
  presence_penalty: {
    value: 0.5,
    modelId: GPT_OSS,
    becomes: { additionalModelRequestFields: { presence_penalty: 0.5 } },
  },
  frequency_penalty: {
    value: 0.5,
    modelId: GPT_OSS,
    becomes: { additionalModelRequestFields: { frequency_penalty: 0.5 } },
  },
  service_tier: { value: 'flex', becomes: { serviceTier: { type: 'flex' } } },
  metadata: { value: { team: 'a&b' }, becomes: { requestMetadata: { team: 'a_b' } } },
  user: { value: 'u-1', becomes: { requestMetadata: { user: 'u-1' } } },
  safety_identifier: { value: 's-1', becomes: { requestMetadata: { safety_identifier: 's-1' } } },
  prediction: { value: { type: 'content', content: 'x' }, becomes: null },
  prompt_cache_key: { value: 'k', becomes: null },
  prompt_cache_options: { value: { mode: 'implicit' }, becomes: null },
  prompt_cache_retention: { value: '24h', becomes: null },
  store: { value: true, becomes: 'refused' },
  n: { value: 2, becomes: 'refused' },
  logprobs: { value: true, becomes: 'refused' },
  top_logprobs: { value: 3, becomes: 'refused' },
  logit_bias: { value: { 5: 1 }, becomes: 'refused' },
  modalities: { value: ['text', 'audio'], becomes: 'refused' },
  audio: { value: { format: 'wav', voice: 'alloy' }, becomes: 'refused' },
  moderation: { value: { model: 'm' }, becomes: 'refused' },
  web_search_options: { value: {}, becomes: 'refused' },
  functions: { value: [{ name: 'f' }], becomes: 'refused' },
  function_call: { value: 'auto', becomes: 'refused' },
}

const BASIC = converse({})

test.each(Object.entries<Sample<unknown>>(SAMPLES))(
  '%s is mapped, without effect, or refused by name',
  (name, sample) => {
    const { value, modelId = NOVA, becomes } = sample
    const request = { [name]: value }
    if (becomes === 'refused') {
      expect(refusal(request, { modelId })).toMatchObject({
        statusCode: 400,
        param: name,
        code: 'unsupported_parameter',
      })
    } else expect(converse(request, { modelId })).toEqual({ ...BASIC, ...becomes })
  },
)

test('the table names every member of the SDK, and extensions', () => {
  const extensions = ['additional_model_request_fields', 'amazon-bedrock-guardrailConfig']
  expect(Object.keys(REQUEST_MEMBERS).sort()).toEqual([...Object.keys(SAMPLES), ...extensions].sort())
})

/** Names of the members of messages in the SDK, checked by their types. */
const MESSAGES: {
  readonly [Role in ChatCompletionMessageParam['role']]: readonly (keyof Extract<
    ChatCompletionMessageParam,
    { role: Role }
  >)[]
} = {
  developer: ['role', 'content', 'name'],
  system: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'refusal', 'tool_calls', 'audio', 'function_call'],
  tool: ['role', 'content', 'tool_call_id'],
  function: [],
}

test('the tables of messages name every member of the SDK', () => {
  for (const [role, names] of Object.entries(MESSAGES)) {
    expect(Object.keys(MESSAGE_MEMBERS[role] ?? {})).toEqual(expect.arrayContaining([...names]))
  }
})

test('every treatment says what it becomes, or why it has no counterpart', () => {
  const tables = [
    REQUEST_MEMBERS,
    ...[MESSAGE_MEMBERS, PART_MEMBERS, INNER_MEMBERS].flatMap((all) => Object.values(all)),
  ]
  for (const treatment of tables.flatMap((table) => Object.values(table))) {
    expect('to' in treatment ? treatment.to : treatment.because).not.toBe('')
  }
})

test.each(Object.keys(SAMPLES).filter((name) => name !== 'messages' && name !== 'model'))(
  '%s may be null, as if it were absent',
  (name) => {
    expect(converse({ [name]: null })).toEqual(BASIC)
  },
)

test.each([
  ['n', 1],
  ['store', false],
  ['logprobs', false],
  ['logit_bias', {}],
  ['modalities', ['text']],
  ['presence_penalty', 0],
  ['frequency_penalty', 0],
  ['verbosity', 'medium'],
  ['reasoning_effort', 'none'],
  ['service_tier', 'auto'],
  ['response_format', { type: 'text' }],
  ['stop', []],
  ['tools', []],
])('%s %j asks for nothing', (name, value) => {
  expect(converse({ [name]: value })).toEqual(BASIC)
})

test.each([
  ['a member of the request', { foo: 1 }, 'foo'],
  ['a member of a message', { messages: [{ ...HELLO[0], foo: 1 }] }, 'messages[0].foo'],
  [
    'a member of a part',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', foo: 1 }] }] },
    'messages[0].content[0].foo',
  ],
  ['a member of a tool', { tools: [{ ...TOOLS[0], foo: 1 }] }, 'tools[0].foo'],
  [
    'a member of a function',
    { tools: [{ type: 'function', function: { name: 'f', foo: 1 } }] },
    'tools[0].function.foo',
  ],
])('%s that is not known is refused by name', (_, request, param) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, param, code: 'unknown_parameter' })
})

test('max_completion_tokens takes precedence, and the model is not sent', () => {
  expect(bodyOf({ max_tokens: 5, max_completion_tokens: 7 })).toBe(
    '{"messages":[{"role":"user","content":[{"text":"Hello"}]}],"inferenceConfig":{"maxTokens":7}}',
  )
})

const user = (part: object) => ({ messages: [{ role: 'user', content: [part] }] })
const assistant = (members: object) => ({
  messages: [...HELLO, { role: 'assistant', content: 'x', ...members }, ...HELLO],
})
const call = (members: object) =>
  assistant({ tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, ...members }] })
const tool = (members: object) => ({ tools: [{ type: 'function', function: { name: 'f', ...members } }] })
const FILE = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' }
const schema = (members: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, ...members } },
})

test.each<[string, object]>([
  ['stream_options', { stream_options: true }],
  ['tools', { tools: {} }],
  ['parallel_tool_calls', { parallel_tool_calls: 'false' }],
  ['response_format', { response_format: 'json' }],
  ['service_tier', { service_tier: 5 }],
  ['metadata', { metadata: 'x' }],
  ['user', { user: 5 }],
  ['safety_identifier', { safety_identifier: [] }],
  ['max_tokens', { max_tokens: 'x', max_completion_tokens: 5 }],
  ['amazon-bedrock-guardrailConfig', { 'amazon-bedrock-guardrailConfig': 'x' }],
  ['messages[1].refusal', assistant({ refusal: 5 })],
  ['messages[1].tool_calls', assistant({ tool_calls: {} })],
  ['messages[1].thinking_blocks', assistant({ thinking_blocks: 'x' })],
  ['messages[1].tool_calls[0].function.arguments', call({ function: { name: 'f', arguments: {} } })],
  ['messages[0].content[0].cache_control', user({ type: 'text', text: 'x', cache_control: 'x' })],
  ['messages[0].content[0].cache_control.ttl', user({ type: 'text', text: 'x', cache_control: { ttl: 5 } })],
  ['messages[0].content[0].file.filename', user({ type: 'file', file: { ...FILE, filename: 5 } })],
  ['messages[0].content[0].file.citations', user({ type: 'file', file: { ...FILE, citations: true } })],
  ['tools[0].function.description', tool({ description: 5 })],
  ['tools[0].function.parameters', tool({ parameters: 'x' })],
  ['tools[0].function.strict', tool({ strict: 'x' })],
  ['response_format.json_schema.schema', schema({ schema: 'x' })],
  ['response_format.json_schema.description', schema({ description: 5 })],
])('%s of another type than in the contract is refused by name', (param, request) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, param, code: 'invalid_type' })
})

test.each<[string, object]>([
  ['messages[1].tool_calls[0].type', call({ type: 'custom' })],
  ['tools[0].type', { tools: [{ ...TOOLS[0], type: 'x' }] }],
  ['tool_choice', { tool_choice: 'required' }],
  ['tool_choice', { tool_choice: { type: 'function', function: { name: 'f' } } }],
])('%s that cannot be served is refused by name', (param, request) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, param, code: 'invalid_value' })
})

test('a member that is given twice is refused by its name, since one of both would be lost', () => {
  const messages = JSON.stringify(HELLO)
  const twice = `{"model":"m","messages":[],"messages":${messages}}`
  expect(refusal(twice)).toMatchObject({ statusCode: 400, param: 'messages', code: 'invalid_value' })
  const inner = '{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}'
  expect(refusal(inner)).toMatchObject({ param: 'messages[0].content' })
})
