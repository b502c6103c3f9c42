import {
  bodyOf,
  CLAUDE_4_5,
  CLAUDE_5,
  converse,
  GPT_OSS,
  HELLO,
  LLAMA,
  NOVA,
  NOVA_2,
  plan,
  refusal,
  UNKNOWN,
} from './support.ts'

const OPUS_4_6 = 'us.anthropic.claude-opus-4-6-v1'
const OPUS_5_5 = 'us.anthropic.claude-opus-5-5'
const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
const TOOLS = [{ type: 'function', function: { name: 'f' } }]
const droppedOf = (request: object, modelId: string) =>
  plan(request, { modelId }).replyHeaders['x-bedrock-functions-dropped']

test('texts, schemas and arguments are copied byte by byte', () => {
  const request = String.raw`{"model":"m","messages":[
    {"role":"developer","content":"\u00e9t\u00e9 \/"},
    {"role":"user","content":"1\u003c2"},
    {"role":"assistant","tool_calls":[{"id":"c\u002d1","type":"function","function":{"name":"f","arguments":"{\"n\": 12345678901234567890, \"x\": 1.10, \"s\": \"\\u00e9\"}"}}]},
    {"role":"tool","tool_call_id":"c\u002d1","content":"ok"}],
    "tools":[{"type":"function","function":{"name":"f","description":"d\t","parameters":{"type":"object","maximum":12345678901234567890}}}],
    "temperature":0.10,"stop":"\u0041"}`
  expect(bodyOf(request)).toBe(
    String.raw`{"system":[{"text":"\u00e9t\u00e9 \/"}],"messages":[{"role":"user","content":[{"text":"1\u003c2"}]},` +
      String.raw`{"role":"assistant","content":[{"toolUse":{"toolUseId":"c\u002d1","name":"f","input":{"n": 12345678901234567890, "x": 1.10, "s": "\u00e9"}}}]},` +
      String.raw`{"role":"user","content":[{"toolResult":{"toolUseId":"c\u002d1","content":[{"text":"ok"}]}}]}],` +
      String.raw`"inferenceConfig":{"temperature":0.10,"stopSequences":["\u0041"]},` +
      String.raw`"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d\t","inputSchema":{"json":{"type":"object","maximum":12345678901234567890}}}}]}}`,
  )
})

test('instructions become system in their order, also those between messages', () => {
  const messages = [
    { role: 'system', content: 'one' },
    { role: 'developer', content: [{ type: 'text', text: 'two' }] },
    ...HELLO,
    { role: 'system', content: 'three' },
  ]
  expect(converse({ messages }).system).toEqual([{ text: 'one' }, { text: 'two' }, { text: 'three' }])
})

test('results of tools and the user message behind them become one turn', () => {
  const messages = [
    ...HELLO,
    { role: 'assistant', content: 'I look.', tool_calls: [CALL, { ...CALL, id: 'call_2' }] },
    { role: 'tool', tool_call_id: 'call_1', content: '' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'b' }] },
    { role: 'user', content: 'And?' },
  ]
  const [, assistant, user, ...others] = converse({ messages, tools: TOOLS }).messages
  expect(others).toEqual([])
  expect(assistant.content).toEqual([
    { text: 'I look.' },
    { toolUse: { toolUseId: 'call_1', name: 'f', input: { a: 1 } } },
    { toolUse: { toolUseId: 'call_2', name: 'f', input: { a: 1 } } },
  ])
  expect(user).toEqual({
    role: 'user',
    content: [
      { toolResult: { toolUseId: 'call_1', content: [] } },
      { toolResult: { toolUseId: 'call_2', content: [{ text: 'b' }] } },
      { text: 'And?' },
    ],
  })
})

test('an id of a tool call that another provider made becomes one that Bedrock accepts', () => {
  const id = 'call_1|fc/2'
  const messages = [
    ...HELLO,
    { role: 'assistant', tool_calls: [{ ...CALL, id }] },
    { role: 'tool', tool_call_id: id, content: 'x' },
  ]
  const [, assistant, user] = converse({ messages, tools: TOOLS }).messages
  const { toolUseId } = assistant.content[0].toolUse
  expect(toolUseId).toMatch(/^call_[0-9a-f]{32}$/)
  expect(user.content[0].toolResult.toolUseId).toBe(toolUseId)
})

test('consecutive messages of one role become one turn, and empty answers none', () => {
  const messages = [
    ...HELLO,
    { role: 'assistant', content: '' },
    { role: 'user', content: 'Again' },
    { role: 'assistant', content: null, refusal: 'No' },
  ]
  expect(converse({ messages }).messages).toEqual([
    { role: 'user', content: [{ text: 'Hello' }, { text: 'Again' }] },
    { role: 'assistant', content: [{ text: 'No' }] },
  ])
})

test.each([
  [
    '{"type":"image_url","image_url":{"url":"data:image/jpg;base64,QUJD"}}',
    { image: { format: 'jpeg', source: { bytes: 'QUJD' } } },
  ],
  [
    String.raw`{"type":"image_url","image_url":{"url":"data:image\/png;charset=x;base64,QU\/D","detail":"auto"}}`,
    { image: { format: 'png', source: { bytes: 'QU/D' } } },
  ],
  [
    '{"type":"image_url","image_url":{"url":"s3://bucket/a/b.WEBP"}}',
    { image: { format: 'webp', source: { s3Location: { uri: 's3://bucket/a/b.WEBP' } } } },
  ],
  [
    '{"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}}',
    { audio: { format: 'wav', source: { bytes: 'QUJD' } } },
  ],
  [
    '{"type":"file","file":{"file_data":"data:application/pdf;base64,QUJD","filename":"My report.pdf"}}',
    { document: { format: 'pdf', name: 'My report', source: { bytes: 'QUJD' } } },
  ],
  [
    '{"type":"file","file":{"file_data":"QUJD","filename":"a.md"}}',
    { document: { format: 'md', name: 'a', source: { bytes: 'QUJD' } } },
  ],
  [
    '{"type":"file","file":{"file_data":"s3://bucket/x.docx"}}',
    { document: { format: 'docx', name: 'document', source: { s3Location: { uri: 's3://bucket/x.docx' } } } },
  ],
  [
    '{"type":"file","file":{"file_data":"data:text/plain;base64,QUJD"}}',
    { document: { format: 'txt', name: 'document', source: { bytes: 'QUJD' } } },
  ],
])('%s becomes a block', (part, block) => {
  const body = bodyOf(`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},${part}]}]}`)
  expect(JSON.parse(body).messages[0].content).toEqual([{ text: 'x' }, block])
})

const partsOf = (part: object) => ({ messages: [{ role: 'user', content: [part] }] })
const imageOf = (url: string) => partsOf({ type: 'image_url', image_url: { url } })

test.each([
  ['a remote image', imageOf('https://example.com/a.png'), 'messages[0].content[0].image_url.url'],
  ['an image without base64', imageOf('data:image/png,abc'), 'messages[0].content[0].image_url.url'],
  ['an image of another format', imageOf('data:image/tiff;base64,QUJD'), 'messages[0].content[0].image_url.url'],
  ['a location without a format', imageOf('s3://bucket/key'), 'messages[0].content[0].image_url.url'],
  ['a stored file', partsOf({ type: 'file', file: { file_id: 'file-1' } }), 'messages[0].content[0].file.file_id'],
  [
    'a file without a format',
    partsOf({ type: 'file', file: { file_data: 'QUJD' } }),
    'messages[0].content[0].file.file_data',
  ],
  ['a part of another type', partsOf({ type: 'video_url' }), 'messages[0].content[0].type'],
  [
    'an image of the assistant',
    { messages: [...HELLO, { role: 'assistant', content: [{ type: 'image_url' }] }] },
    'messages[1].content[0].type',
  ],
  ['an unknown role', { messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages[0].role'],
  ['an empty message', { messages: [{ role: 'user', content: '' }] }, 'messages[0].content'],
  ['only instructions', { messages: [{ role: 'system', content: 'x' }] }, 'messages'],
  ['no messages', { messages: 'x' }, 'messages'],
  [
    'arguments that are no JSON',
    { messages: [{ role: 'assistant', tool_calls: [{ ...CALL, function: { name: 'f', arguments: '{"a' } }] }] },
    'messages[0].tool_calls[0].function.arguments',
  ],
  [
    'a custom tool call',
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }] }] },
    'messages[0].tool_calls[0].custom',
  ],
  ['a custom tool', { tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'tools[0].custom'],
  ['audio of the assistant', { messages: [...HELLO, { role: 'assistant', audio: { id: 'a' } }] }, 'messages[1].audio'],
  ['a temperature above 1', { temperature: 1.2 }, 'temperature'],
  ['a limit of no tokens', { max_tokens: 0 }, 'max_tokens'],
  ['a limit that is a text', { max_tokens: '5' }, 'max_tokens'],
  ['a stop that is a number', { stop: 5 }, 'stop'],
  ['another tool choice', { tool_choice: 'some', tools: TOOLS }, 'tool_choice'],
  ['another service tier', { service_tier: 'scale' }, 'service_tier'],
  ['another effort', { reasoning_effort: 'some' }, 'reasoning_effort'],
  ['another format', { response_format: { type: 'grammar' } }, 'response_format'],
  [
    'a suffix of tags',
    { 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } },
    'amazon-bedrock-guardrailConfig.tagSuffix',
  ],
  ['one tool call at most', { tools: TOOLS, parallel_tool_calls: false }, 'parallel_tool_calls'],
])('%s is refused by name', (_, request, param) => {
  expect(refusal(request)).toMatchObject({ statusCode: 400, type: 'invalid_request_error', param })
})

test.each([
  ['none', undefined],
  ['auto', { tools: [expect.anything()] }],
  ['required', { tools: [expect.anything()], toolChoice: { any: {} } }],
  [
    { type: 'function', function: { name: 'f' } },
    { tools: [expect.anything()], toolChoice: { tool: { name: 'f' } } },
  ],
  [
    {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
    },
    { tools: [{ toolSpec: expect.objectContaining({ name: 'f' }) }], toolChoice: { any: {} } },
  ],
])('the tool choice %j', (tool_choice, toolConfig) => {
  const tools =
    typeof tool_choice === 'object' && 'allowed_tools' in tool_choice
      ? [...TOOLS, { type: 'function', function: { name: 'g' } }]
      : TOOLS
  expect(converse({ tools, tool_choice }).toolConfig).toEqual(toolConfig)
})

test.each([
  ['the choice none', { tools: TOOLS, tool_choice: 'none' }],
  ['no tools', {}],
])('a conversation that has used tools keeps them with %s, and the model is told not to call them', (_, request) => {
  const messages = [
    ...HELLO,
    { role: 'assistant', tool_calls: [CALL] },
    { role: 'tool', tool_call_id: 'call_1', content: 'x' },
  ]
  const { system, toolConfig } = converse({ ...request, messages })
  expect(toolConfig).toMatchObject({ tools: [{ toolSpec: { name: 'f' } }] })
  expect(toolConfig.toolChoice).toBeUndefined()
  expect(system).toEqual([{ text: 'Do not call tools now. Answer with text.' }])
})

test('tools without parameters accept an empty object', () => {
  const { toolSpec } = converse({ tools: TOOLS }).toolConfig.tools[0]
  expect(toolSpec).toEqual({ name: 'f', inputSchema: { json: { type: 'object', properties: {} } } })
})

test('strict tools are for models with structured outputs, others name what is left out', () => {
  const tools = [{ type: 'function', function: { name: 'f', strict: true } }]
  expect(converse({ tools }, { modelId: CLAUDE_4_5 }).toolConfig.tools[0].toolSpec.strict).toBe(true)
  expect(converse({ tools }).toolConfig.tools[0].toolSpec.strict).toBeUndefined()
  expect(droppedOf({ tools }, NOVA)).toBe('tools[0].function.strict')
})

test('one tool call at most is asked for in the words of the model', () => {
  const request = { tools: TOOLS, parallel_tool_calls: false }
  expect(converse(request, { modelId: CLAUDE_4_5 }).additionalModelRequestFields).toEqual({
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  })
  expect(converse(request, { modelId: GPT_OSS }).additionalModelRequestFields).toEqual({ parallel_tool_calls: false })
})

test('a forced tool is refused for a model that accepts none', () => {
  expect(refusal({ tools: TOOLS, tool_choice: 'required' }, { modelId: LLAMA })).toMatchObject({ param: 'tool_choice' })
  expect(refusal({ tools: TOOLS, tool_choice: 'required' }, { modelId: OPUS_5_5 })).toMatchObject({
    param: 'tool_choice',
  })
})

describe('reasoning_effort', () => {
  test.each([
    ['low', CLAUDE_4_5, { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }],
    ['none', CLAUDE_4_5, { additionalModelRequestFields: { thinking: { type: 'disabled' } } }],
    [
      'minimal',
      OPUS_4_6,
      { outputConfig: { effort: 'low' }, additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
    ],
    [
      'xhigh',
      CLAUDE_5,
      {
        outputConfig: { effort: 'xhigh' },
        additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
      },
    ],
    [
      'high',
      NOVA_2,
      { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } } },
    ],
    ['none', NOVA_2, { additionalModelRequestFields: { reasoningConfig: { type: 'disabled' } } }],
    ['medium', GPT_OSS, { additionalModelRequestFields: { reasoning_effort: 'medium' } }],
    ['none', LLAMA, {}],
  ])('%s of %s', (reasoning_effort, modelId, expected) => {
    const { messages: _, ...others } = converse({ reasoning_effort }, { modelId })
    expect(others).toEqual(expected)
  })

  test.each([
    ['low', NOVA],
    ['max', NOVA_2],
    ['none', OPUS_5_5],
    ['low', LLAMA],
    ['low', UNKNOWN],
    ['low', 'qwen.qwen3-coder-480b-a35b-v1:0'],
  ])('%s of %s is refused by name', (reasoning_effort, modelId) => {
    expect(refusal({ reasoning_effort }, { modelId })).toMatchObject({ param: 'reasoning_effort' })
  })

  test('the budget is below the limit of the answer', () => {
    const request = { reasoning_effort: 'high', max_tokens: 2_000 }
    expect(converse(request, { modelId: CLAUDE_4_5 }).additionalModelRequestFields.thinking.budget_tokens).toBe(1_999)
    expect(refusal({ ...request, max_tokens: 1_024 }, { modelId: CLAUDE_4_5 })).toMatchObject({
      param: 'reasoning_effort',
    })
  })

  test('thinking comes back in front of its answer', () => {
    const thinking_blocks = [
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'redacted_thinking', data: 'QUJD' },
    ]
    const messages = [...HELLO, { role: 'assistant', content: 'Yes', reasoning_content: 'Hm', thinking_blocks }]
    expect(converse({ messages }, { modelId: CLAUDE_4_5 }).messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
      { reasoningContent: { redactedContent: 'QUJD' } },
      { text: 'Yes' },
    ])
  })

  test('thinking in a part of the answer counts, as the Agents SDK sends it', () => {
    const thinking_blocks = [{ type: 'thinking', thinking: 'Hm', signature: 's' }]
    const copied = {
      role: 'assistant',
      refusal: null,
      reasoning_content: 'Hm',
      thinking_blocks,
      tool_calls: [CALL],
      annotations: [],
    }
    const answer = { role: 'assistant', content: [{ type: 'text', text: 'I look.', ...copied }], tool_calls: [CALL] }
    expect(converse({ messages: [...HELLO, answer], tools: TOOLS }).messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
      { text: 'I look.' },
      { toolUse: { toolUseId: 'call_1', name: 'f', input: { a: 1 } } },
    ])
  })

  test('older models of Claude do not think if the thinking of the last tool calls is missing, and the answer says so', () => {
    const messages = [
      ...HELLO,
      { role: 'assistant', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ]
    const request = { messages, tools: TOOLS, reasoning_effort: 'low' }
    expect(converse(request, { modelId: CLAUDE_4_5 }).additionalModelRequestFields).toBeUndefined()
    expect(droppedOf(request, CLAUDE_4_5)).toContain('reasoning_effort')
    expect(droppedOf(request, OPUS_4_6)).toBeUndefined()
    expect(
      droppedOf({ ...request, messages: [...messages, { role: 'user', content: 'New' }] }, CLAUDE_4_5),
    ).toBeUndefined()
  })
})

describe('sampling', () => {
  test('the default asks for nothing of models without sampling parameters', () => {
    expect(converse({ temperature: 1, top_p: 1.0 }, { modelId: CLAUDE_5 }).inferenceConfig).toBeUndefined()
    expect(refusal({ temperature: 0 }, { modelId: CLAUDE_5 })).toMatchObject({
      param: 'temperature',
      code: 'unsupported_value',
    })
    expect(refusal({ top_p: 0.5 }, { modelId: CLAUDE_5 })).toMatchObject({ param: 'top_p' })
  })

  test.each([
    [{ temperature: 1, top_p: 0.5 }, { topP: 0.5 }],
    [{ temperature: 0, top_p: 1 }, { temperature: 0 }],
    [{ temperature: 1, top_p: 1 }, { temperature: 1 }],
    [{ top_p: 1 }, { topP: 1 }],
  ])('%j becomes one parameter where the model accepts one', (request, inferenceConfig) => {
    expect(converse(request, { modelId: CLAUDE_4_5 }).inferenceConfig).toEqual(inferenceConfig)
  })

  test('both parameters are refused where the model accepts one', () => {
    expect(refusal({ temperature: 0.2, top_p: 0.5 }, { modelId: CLAUDE_4_5 })).toMatchObject({ param: 'top_p' })
    expect(converse({ temperature: 0.2, top_p: 0.5 }).inferenceConfig).toEqual({ temperature: 0.2, topP: 0.5 })
  })
})

describe('response_format', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const response_format = { type: 'json_schema', json_schema: { name: 'n', description: 'd', strict: true, schema } }
  const wayOf = (request: object, modelId: string) =>
    plan(request, { modelId }).replyHeaders['x-bedrock-functions-structured-output']

  test('is structured output where Bedrock has it', () => {
    expect(wayOf({ response_format }, CLAUDE_4_5)).toBe('schema')
    expect(converse({ response_format }, { modelId: CLAUDE_4_5 }).outputConfig.textFormat.structure.jsonSchema).toEqual(
      {
        name: 'n',
        description: 'd',
        schema: JSON.stringify(schema),
      },
    )
  })

  test('is a forced tool otherwise', () => {
    expect(wayOf({ response_format }, NOVA)).toBe('tool')
    expect(converse({ response_format }).toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'n', description: 'd', inputSchema: { json: schema } } }],
      toolChoice: { tool: { name: 'n' } },
    })
  })

  test.each([
    ['the model accepts no forced tool', { response_format }, LLAMA],
    ['the request has tools', { response_format, tools: TOOLS }, NOVA],
    ['the model thinks', { response_format, reasoning_effort: 'low' }, NOVA_2],
  ])('is an instruction if %s', (_, request, modelId) => {
    expect(wayOf(request, modelId)).toBe('instruction')
    const { system, toolConfig } = converse(request, { modelId })
    expect(system[0].text).toContain(JSON.stringify(schema))
    expect(toolConfig?.toolChoice).toBeUndefined()
  })

  test('json_object is an instruction', () => {
    const { system } = converse({ response_format: { type: 'json_object' } }, { modelId: CLAUDE_4_5 })
    expect(system).toEqual([{ text: 'Answer with one JSON object and nothing else: no Markdown, no text around it.' }])
  })
})

test('a guardrail comes from headers or from the body, which takes precedence', () => {
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'abc',
    'x-amzn-bedrock-guardrailversion': '1',
    'x-amzn-bedrock-trace': 'ENABLED',
  }
  expect(converse({}, { headers }).guardrailConfig).toEqual({
    guardrailIdentifier: 'abc',
    guardrailVersion: '1',
    trace: 'enabled',
  })
  const body = { 'amazon-bedrock-guardrailConfig': { guardrailVersion: '2', streamProcessingMode: 'async' } }
  expect(droppedOf(body, NOVA)).toBe('amazon-bedrock-guardrailConfig.streamProcessingMode')
  expect(converse({ ...body, stream: true }, { headers }).guardrailConfig).toEqual({
    guardrailIdentifier: 'abc',
    guardrailVersion: '2',
    trace: 'enabled',
    streamProcessingMode: 'async',
  })
})

test('members for the model itself are passed byte by byte and take precedence', () => {
  const body = bodyOf(
    '{"model":"m","messages":[{"role":"user","content":"x"}],"seed":1,"additional_model_request_fields":{"top_k":1.0,"seed":2}}',
    { modelId: GPT_OSS },
  )
  expect(body).toContain('"additionalModelRequestFields":{"seed":2,"top_k":1.0}')
})

test('a project, a latency and headers of the stack are passed', () => {
  const headers = {
    'openai-project': 'proj_1',
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    'x-bedrock-functions-auto-cache': 'true',
    accept: '*/*',
  }
  expect(converse({}, { headers })).toMatchObject({
    projectIdentifier: 'proj_1',
    performanceConfig: { latency: 'optimized' },
  })
  expect(plan({}, { headers }).headers).toEqual({ 'x-bedrock-functions-auto-cache': 'true' })
})

test('metadata beyond the limit of Bedrock is left out, and the answer names it', () => {
  const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
  expect(Object.keys(converse({ user: 'u', metadata }).requestMetadata)).toHaveLength(15)
  expect(droppedOf({ user: 'u', metadata }, NOVA)).toBe('metadata.k14, metadata.k15')
})

test.each([
  [{ prompt_cache_breakpoint: { mode: 'explicit' } }, { type: 'default' }],
  [{ prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }, { type: 'default', ttl: '1h' }],
  [{ cache_control: { type: 'ephemeral', ttl: '5m' } }, { type: 'default', ttl: '5m' }],
])('%j becomes a cache point behind its part', (mark, cachePoint) => {
  const request = partsOf({ type: 'text', text: 'x', ...mark })
  expect(converse(request, { modelId: CLAUDE_4_5 }).messages[0].content).toEqual([{ text: 'x' }, { cachePoint }])
  expect(converse(request, { modelId: LLAMA }).messages[0].content).toEqual([{ text: 'x' }])
  expect(droppedOf(request, LLAMA)).toContain('messages[0].content[0].')
})

test('documents may have citations, and the size of an image is left out', () => {
  const file = { file_data: 'QUJD', filename: 'a.pdf', citations: { enabled: true } }
  expect(converse(partsOf({ type: 'file', file })).messages[0].content[0].document.citations).toEqual({ enabled: true })
  const image = { url: 'data:image/png;base64,QUJD' }
  expect(droppedOf(partsOf({ type: 'image_url', image_url: { ...image, detail: 'auto' } }), NOVA)).toBeUndefined()
  expect(droppedOf(partsOf({ type: 'image_url', image_url: { ...image, detail: 'low' } }), NOVA)).toBe(
    'messages[0].content[0].image_url.detail',
  )
})

test('names of participants are left out, and the answer says so', () => {
  expect(droppedOf({ messages: [{ ...HELLO[0], name: 'Ann' }] }, NOVA)).toBe('messages[0].name')
})
