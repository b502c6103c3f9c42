import type Anthropic from '@anthropic-ai/sdk'
import { INNER_MEMBERS, REQUEST_MEMBERS } from '../../../../layers/runtime/src/doors/anthropic/members.ts'
import { bodyOf, droppedBy, GPT_OSS, HAIKU, NOVA, NOVA_2, parsedBody, plan, refusal } from './support.ts'

type Params = Anthropic.MessageCreateParams
type Beta = Anthropic.Beta.MessageCreateParams
type Members = { readonly [Name in keyof (Params & Beta)]?: unknown }

/** A value of each member of Anthropic's request, and what becomes of it. */
interface Sample {
  readonly value: unknown
  readonly modelId?: string
  /** Members of the Converse request; null: it changes nothing; `refused`, `dropped`: by its name. */
  readonly becomes: object | null | 'refused' | 'dropped'
}

const SCHEMA = { type: 'object', properties: {} }
const TOOLS = [{ name: 'f', input_schema: SCHEMA }]
const TOOL_CONFIG = { tools: [{ toolSpec: { name: 'f', inputSchema: { json: SCHEMA } } }] }
const TEXT_FORMAT = {
  textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(SCHEMA), name: 'answer' } } },
}
const JSON_FORMAT = { type: 'json_schema', schema: SCHEMA }

/** The type names every member of the SDK, also those of its betas. */
const SAMPLES: { readonly [Name in keyof Required<Members>]: Sample } = {
  model: { value: 'nova-lite', becomes: null },
  max_tokens: { value: 5, becomes: { inferenceConfig: { maxTokens: 5 } } },
  messages: {
    value: [{ role: 'user', content: 'x' }],
    becomes: { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
  },
  stream: { value: true, becomes: null },
  system: { value: 'Be brief.', becomes: { system: [{ text: 'Be brief.' }] } },
  tools: { value: TOOLS, becomes: { toolConfig: TOOL_CONFIG } },
  tool_choice: { value: { type: 'auto' }, becomes: null },
  thinking: {
    value: { type: 'enabled', budget_tokens: 1024 },
    modelId: HAIKU,
    becomes: { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
  },
  output_config: { value: { format: JSON_FORMAT }, modelId: HAIKU, becomes: { outputConfig: TEXT_FORMAT } },
  stop_sequences: { value: ['a'], becomes: { inferenceConfig: { maxTokens: 9, stopSequences: ['a'] } } },
  metadata: { value: { user_id: 'a&b' }, becomes: { requestMetadata: { user_id: 'a_b' } } },
  service_tier: { value: 'auto', becomes: null },
  cache_control: {
    value: { type: 'ephemeral', ttl: '1h' },
    modelId: HAIKU,
    becomes: {
      messages: [{ role: 'user', content: [{ text: 'Hi' }, { cachePoint: { type: 'default', ttl: '1h' } }] }],
    },
  },
  context_management: { value: { edits: [] }, becomes: 'dropped' },
  diagnostics: { value: {}, becomes: 'dropped' },
  speed: { value: 'fast', becomes: 'refused' },
  inference_geo: { value: 'us', becomes: 'refused' },
  container: { value: 'c', becomes: 'refused' },
  mcp_servers: { value: [{}], becomes: 'refused' },
  user_profile_id: { value: 'u', becomes: 'refused' },
  workspace_id: { value: 'w', becomes: 'refused' },
  fallbacks: { value: [{}], becomes: 'refused' },
  billing_policy: { value: {}, becomes: 'refused' },
  compaction: { value: {}, becomes: 'refused' },
  fallback_credit_token: { value: 'x', becomes: 'refused' },
  output_format: { value: JSON_FORMAT, modelId: HAIKU, becomes: { outputConfig: TEXT_FORMAT } },
  thread: { value: {}, becomes: 'refused' },
  betas: { value: ['x'], becomes: 'refused' },
}

const BASE = parsedBody({})

test.each(Object.entries(SAMPLES))('the member %s is mapped, left out by name or refused by name', (name, sample) => {
  const { value, modelId = NOVA, becomes } = sample
  const request = { [name]: value }
  if (becomes === 'refused') {
    expect(refusal(request, { modelId })).toMatch(new RegExp(`^${name}: `))
    return
  }
  const left = droppedBy(request, { modelId })
  expect(left).toBe(becomes === 'dropped' ? name : undefined)
  expect(parsedBody(request, { modelId })).toEqual(typeof becomes === 'string' ? BASE : { ...BASE, ...becomes })
})

test.each([
  ['top_k', NOVA, { inferenceConfig: { topK: 3 } }],
  ['top_k', HAIKU, { top_k: 3 }],
])('the older member %s of %s is mapped', (name, modelId, fields) => {
  expect(parsedBody({ [name]: 3 }, { modelId }).additionalModelRequestFields).toEqual(fields)
})

test.each([
  ['temperature', 0.5, { maxTokens: 9, temperature: 0.5 }],
  ['top_p', 0.5, { maxTokens: 9, topP: 0.5 }],
])('the older member %s is mapped', (name, value, inferenceConfig) => {
  expect(parsedBody({ [name]: value })).toEqual({ ...BASE, inferenceConfig })
})

test('a parameter that the model does not have is refused by its name', () => {
  expect(refusal({ top_k: 3 }, { modelId: GPT_OSS })).toMatch(/^top_k: /)
})

test('a member that no table knows is refused by its path', () => {
  expect(refusal({ surprise: 1 })).toBe('surprise: Extra inputs are not permitted')
  expect(refusal({ metadata: { other: 1 } })).toBe('metadata.other: Extra inputs are not permitted')
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'x', surprise: 1 }] }]
  expect(refusal({ messages })).toBe('messages.0.content.0.surprise: Extra inputs are not permitted')
})

test('null is the same as absent', () => {
  const nulls = Object.fromEntries(Object.keys(REQUEST_MEMBERS).map((name) => [name, null]))
  const { model, messages, max_tokens, ...others } = nulls
  expect(parsedBody(others)).toEqual(BASE)
})

test.each([
  ['max_tokens', 'max_tokens: Field required'],
  ['messages', 'messages: at least one message is required'],
  ['model', 'model: Field required'],
])('%s is required', (name, message) => {
  expect(refusal({ [name]: undefined })).toBe(message)
})

test.each([
  [NOVA, '32000', 10_000, 'max_tokens: 10000'],
  [NOVA, '1e4', 10_000, undefined],
  [HAIKU, '900000', 900_000, undefined],
])('for %s the limit %s becomes %i, and a header says so', (modelId, limit, maxTokens, corrected) => {
  const request = `{"model":"m","max_tokens":${limit},"messages":[{"role":"user","content":"x"}]}`
  expect(parsedBody(request, { modelId }).inferenceConfig).toEqual({ maxTokens })
  expect(plan(request, { modelId }).replyHeaders['x-bedrock-functions-corrected']).toBe(corrected)
})

/** What each thinking and effort becomes, by model. */
test.each([
  [HAIKU, { thinking: { type: 'disabled' } }, { additionalModelRequestFields: { thinking: { type: 'disabled' } } }],
  [HAIKU, { output_config: { effort: 'max' } }, { outputConfig: { effort: 'max' } }],
  [
    NOVA_2,
    { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
    { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } } },
  ],
  [
    NOVA_2,
    { thinking: { type: 'enabled', budget_tokens: 2048 } },
    { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } } },
  ],
  [GPT_OSS, { output_config: { effort: 'medium' } }, { additionalModelRequestFields: { reasoning_effort: 'medium' } }],
  [NOVA, { thinking: { type: 'disabled' } }, {}],
])('%s gets %j as its own members', (modelId, request, expected) => {
  expect(parsedBody(request, { modelId })).toEqual({ ...BASE, ...expected })
  expect(droppedBy(request, { modelId })).toBeUndefined()
})

test('thinking of a model that does not reason is left out by name', () => {
  expect(droppedBy({ thinking: { type: 'adaptive' } })).toBe('thinking')
  expect(droppedBy({ output_config: { effort: 'low' } })).toBe('output_config.effort')
})

test('a format of a model without structured output is an instruction', () => {
  const { system } = parsedBody({ output_config: { format: JSON_FORMAT } })
  expect(system).toEqual([{ text: expect.stringContaining(JSON.stringify(SCHEMA)) }])
})

test.each(['priority', 'flex', 'reserved', 'default'])("the service tier %s is Bedrock's", (type) => {
  expect(parsedBody({ service_tier: type }).serviceTier).toEqual({ type })
})

test('another service tier is refused', () => {
  expect(refusal({ service_tier: 'batch' })).toMatch(/^service_tier: /)
})

test('headers of Bedrock become members, and betas go to Claude only', () => {
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'g',
    'x-amzn-bedrock-guardrailversion': '1',
    'x-amzn-bedrock-trace': 'ENABLED',
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    'x-amzn-bedrock-projectidentifier': 'p',
    'x-amzn-bedrock-request-metadata': '{"team":"a"}',
    'x-claude-code-session-id': 's-1',
    'anthropic-beta': 'interleaved-thinking-2025-05-14',
  }
  const members = {
    ...BASE,
    guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' },
    performanceConfig: { latency: 'optimized' },
    projectIdentifier: 'p',
    requestMetadata: { session_id: 's-1', team: 'a' },
  }
  expect(parsedBody({}, { headers })).toEqual(members)
  expect(droppedBy({}, { headers })).toBe('interleaved-thinking-2025-05-14')
  expect(parsedBody({}, { headers, modelId: HAIKU })).toEqual({
    ...members,
    additionalModelRequestFields: { anthropic_beta: ['interleaved-thinking-2025-05-14'] },
  })
  expect(droppedBy({}, { headers, modelId: HAIKU })).toBeUndefined()
})

test('Claude is asked for the sequence that stopped it', () => {
  const { additionalModelResponseFieldPaths } = parsedBody({ stop_sequences: ['a'] }, { modelId: HAIKU })
  expect(additionalModelResponseFieldPaths).toEqual(['/stop_sequence'])
})

test('numbers and escapes of tools keep their bytes', () => {
  const input = '{ "n" : 12345678901234567890.10, "s":"\\u00e9\\ud800" }'
  const body = bodyOf(
    `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${input}}]}],"tools":[{"name":"f","input_schema":${input}}]}`,
  )
  expect(body.split(input)).toHaveLength(3)
})

type Named<Type> = { readonly [Name in keyof Required<Type>]: string | null }

/** Members of blocks in the SDK: the type fails to compile when the SDK has one that is not here. null: it is refused. */
const BLOCKS: {
  readonly text: Named<Anthropic.TextBlockParam>
  readonly image: Named<Anthropic.ImageBlockParam>
  readonly document: Named<Anthropic.DocumentBlockParam>
  readonly searchResult: Named<Anthropic.SearchResultBlockParam>
  readonly toolUse: Named<Anthropic.ToolUseBlockParam>
  readonly toolResult: Named<Anthropic.ToolResultBlockParam>
  readonly thinking: Named<Anthropic.ThinkingBlockParam>
  readonly redactedThinking: Named<Anthropic.RedactedThinkingBlockParam>
  readonly tool: Named<Anthropic.Tool>
  readonly outputConfig: Named<Anthropic.OutputConfig>
  readonly cacheControl: Named<Anthropic.CacheControlEphemeral>
} = {
  text: { type: 'mapped', text: 'mapped', cache_control: 'mapped', citations: 'ignored' },
  image: { type: 'mapped', source: 'mapped', cache_control: 'mapped', transformations: null },
  document: {
    type: 'mapped',
    source: 'mapped',
    title: 'mapped',
    context: 'mapped',
    citations: 'mapped',
    cache_control: 'mapped',
  },
  searchResult: {
    type: 'mapped',
    source: 'mapped',
    title: 'mapped',
    content: 'mapped',
    citations: 'mapped',
    cache_control: 'mapped',
  },
  toolUse: {
    type: 'mapped',
    id: 'mapped',
    name: 'mapped',
    input: 'mapped',
    cache_control: 'mapped',
    caller: 'ignored',
    toolset_name: null,
  },
  toolResult: {
    type: 'mapped',
    tool_use_id: 'mapped',
    content: 'mapped',
    is_error: 'mapped',
    cache_control: 'mapped',
    toolset_name: null,
  },
  thinking: { type: 'mapped', thinking: 'mapped', signature: 'mapped' },
  redactedThinking: { type: 'mapped', data: 'mapped' },
  tool: {
    name: 'mapped',
    type: 'mapped',
    description: 'mapped',
    input_schema: 'mapped',
    strict: 'mapped',
    cache_control: 'mapped',
    input_examples: 'dropped',
    defer_loading: 'dropped',
    allowed_callers: 'dropped',
    eager_input_streaming: 'ignored',
  },
  outputConfig: { effort: 'mapped', format: 'mapped' },
  cacheControl: { type: 'mapped', ttl: 'mapped' },
}

test.each(Object.entries(BLOCKS))('the table of %s names every member of the SDK', (name, members) => {
  const table: Readonly<Record<string, { readonly kind: string }>> = INNER_MEMBERS[name as keyof typeof BLOCKS]
  for (const [member, kind] of Object.entries(members))
    expect([member, table[member]?.kind ?? null]).toEqual([member, kind])
})

/** A value of every type. */
const TYPED: Readonly<Record<string, unknown>> = { string: 'x', number: 5, boolean: true, array: [], object: {} }

test.each(Object.entries(REQUEST_MEMBERS))(
  '%s of another type than in the contract is refused by name',
  (name, treatment) => {
    const types: readonly string[] = (treatment.kind === 'mapped' && treatment.types) || Object.keys(TYPED)
    for (const [type, value] of Object.entries(TYPED)) {
      if (!types.includes(type))
        expect(refusal({ [name]: value })).toMatch(new RegExp(`^${name}: Input should be a valid `))
    }
  },
)

const block = (members: object) => ({ messages: [{ role: 'user', content: [members] }] })
const source = (members: object) => block({ type: 'document', source: { type: 'text', data: 'x', ...members } })
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }

test.each<[string, object]>([
  ['messages.0.content: Input should be a valid string or list', { messages: [{ role: 'system', content: 5 }] }],
  ['metadata.user_id: Input should be a valid string', { metadata: { user_id: 5 } }],
  ["system.0.type: Input should be 'text'", { system: [{ type: 'image', text: 'x' }] }],
  ["cache_control.type: Input should be 'ephemeral'", { cache_control: { type: 'x' } }],
  ['cache_control.ttl: Input should be a valid string', { cache_control: { type: 'ephemeral', ttl: 5 } }],
  ['messages.0.content.0.cache_control: Input should be a valid dictionary', block({ ...PNG, cache_control: 'x' })],
  ['messages.0.content.0.title: Input should be a valid string', block({ type: 'document', title: 5 })],
  [
    'messages.0.content.0.citations.enabled: Input',
    block({ type: 'document', source: {}, citations: { enabled: 'x' } }),
  ],
  ['messages.0.content.0.citations.x: Extra', block({ type: 'document', source: {}, citations: { x: 1 } })],
  ['messages.0.content.0.source.url: Extra inputs', source({ url: 'https://example.com' })],
  ["messages.0.content.0.source.media_type: Input should be 'text/plain'", source({ media_type: 'text/html' })],
  [
    'content.0.source.content: Input should be a valid string or list',
    source({ type: 'content', data: null, content: 5 }),
  ],
  ["source.content.0.type: Input should be 'text'", source({ type: 'content', data: null, content: [PNG] })],
  [
    'content.0.is_error: Input should be a valid boolean',
    block({ type: 'tool_result', tool_use_id: 'a', is_error: 'x' }),
  ],
  ['content.0.input: Input should be a valid dictionary', block({ type: 'tool_use', id: 'a', name: 'f', input: 'x' })],
  ['tools.0.type: Input should be a valid string', { tools: [{ ...TOOLS[0], type: 5 }] }],
  ['tools.0.description: Input should be a valid string', { tools: [{ ...TOOLS[0], description: {} }] }],
  ['tools.0.strict: Input should be a valid boolean', { tools: [{ ...TOOLS[0], strict: 'x' }] }],
  ["tool_choice.type: Input should be 'auto'", { tool_choice: { type: 'x' } }],
  [
    'tool_choice.disable_parallel_tool_use: Input',
    { tools: TOOLS, tool_choice: { type: 'auto', disable_parallel_tool_use: 'x' } },
  ],
  ['tool_choice: it may only be specified while providing tools', { tool_choice: { type: 'any' } }],
  ['thinking.type: Input should be enabled', { thinking: { type: 'x' } }],
  ['thinking.budget_tokens: Input should be a valid number', { thinking: { type: 'enabled', budget_tokens: 'x' } }],
  ['thinking.x: Extra inputs are not permitted', { thinking: { type: 'enabled', x: 1 } }],
  ['output_config.effort: Input should be none', { output_config: { effort: 'x' } }],
])('%s: so says the error', (message, request) => {
  expect(refusal(request)).toContain(message)
})

test('a cache point inside a document is left out by name', () => {
  const content = [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }]
  const documents = source({ type: 'content', data: null, content })
  expect(droppedBy(documents)).toBe('messages.0.content.0.source.content.0.cache_control')
})

test('a member that is given twice is refused by its name, since one of both would be lost', () => {
  const messages = '[{"role":"user","content":"Hi"}]'
  expect(refusal(`{"model":"m","max_tokens":9,"system":"a","messages":${messages},"system":"b"}`)).toBe(
    'system: Input should be given once',
  )
  expect(refusal('{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a","content":"b"}]}')).toBe(
    'messages.0.content: Input should be given once',
  )
})
