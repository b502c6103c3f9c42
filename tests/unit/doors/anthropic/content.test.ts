import { droppedBy, GPT_OSS, HAIKU, LLAMA, NOVA, NOVA_2, parsedBody, refusal } from './support.ts'

const ask = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const blocksOf = (request: object, modelId = HAIKU) => parsedBody(request, { modelId }).messages[0].content
const text = { type: 'text', text: 'Hi' }
const base64 = (media_type: string) => ({ type: 'base64', media_type, data: 'AAAA' })
const url = (name: string) => ({ type: 'url', url: name })
const s3 = (uri: string) => ({ s3Location: { uri } })

test.each<[object, object]>([
  [text, { text: 'Hi' }],
  [{ ...text, citations: null }, { text: 'Hi' }],
  [{ type: 'image', source: base64('image/jpeg') }, { image: { format: 'jpeg', source: { bytes: 'AAAA' } } }],
  [{ type: 'image', source: url('s3://b/k.JPG') }, { image: { format: 'jpeg', source: s3('s3://b/k.JPG') } }],
  [
    { type: 'document', source: base64('application/pdf'), title: 'T', context: 'C', citations: { enabled: true } },
    {
      document: {
        format: 'pdf',
        source: { bytes: 'AAAA' },
        name: 'T',
        context: 'C',
        citations: { enabled: true },
      },
    },
  ],
  [
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } },
    { document: { format: 'txt', source: { text: 'x' }, name: 'document' } },
  ],
  [
    { type: 'document', source: { type: 'content', content: [text] } },
    { document: { format: 'txt', source: { content: [{ text: 'Hi' }] }, name: 'document' } },
  ],
  [
    { type: 'document', source: url('s3://b/k.docx') },
    { document: { format: 'docx', source: s3('s3://b/k.docx'), name: 'document' } },
  ],
  [
    { type: 'search_result', source: 's', title: 't', content: [text], citations: { enabled: true } },
    { searchResult: { source: 's', title: 't', content: [{ text: 'Hi' }], citations: { enabled: true } } },
  ],
  [
    { type: 'tool_result', tool_use_id: 't', content: 'x', is_error: true },
    { toolResult: { toolUseId: 't', content: [{ text: 'x' }], status: 'error' } },
  ],
  [{ type: 'tool_result', tool_use_id: 't' }, { toolResult: { toolUseId: 't', content: [] } }],
  [{ type: 'tool_result', tool_use_id: 't', content: '' }, { toolResult: { toolUseId: 't', content: [] } }],
  [
    { type: 'tool_result', tool_use_id: 't', content: [text, { type: 'image', source: base64('image/png') }] },
    {
      toolResult: {
        toolUseId: 't',
        content: [{ text: 'Hi' }, { image: { format: 'png', source: { bytes: 'AAAA' } } }],
      },
    },
  ],
])('%j becomes %j', (block, expected) => {
  expect(blocksOf(ask(block))).toEqual([expected])
})

test.each<[object, string]>([
  [{ type: 'image', source: url('https://x/y.png') }, 'messages.0.content.0.source.url'],
  [{ type: 'image', source: { type: 'file', file_id: 'f' } }, 'messages.0.content.0.source.file_id'],
  [{ type: 'image', source: base64('image/tiff') }, 'messages.0.content.0.source.media_type'],
  [{ type: 'document', source: url('https://x/y.pdf') }, 'messages.0.content.0.source.url'],
  [{ type: 'server_tool_use', id: 'x' }, 'messages.0.content.0.type'],
  [{ type: 'container_upload' }, 'messages.0.content.0.type'],
  [{}, 'messages.0.content.0.type'],
  [
    { type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'x' }] },
    'messages.0.content.0.content.0.type',
  ],
  [{ type: 'tool_use', name: 'x', input: {} }, 'messages.0.content.0.id'],
  [{ type: 'text' }, 'messages.0.content.0.text'],
])('%j is refused by its path', (block, path) => {
  expect(refusal(ask(block), { modelId: HAIKU })).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `))
})

describe('cache_control', () => {
  const cached = { ...text, cache_control: { type: 'ephemeral' } }
  const point = { cachePoint: { type: 'default' } }

  test('is a cache point behind the block, the system prompt and the tool', () => {
    const request = {
      ...ask(cached, {
        type: 'tool_result',
        tool_use_id: 't',
        content: 'x',
        cache_control: { type: 'ephemeral', ttl: '1h' },
      }),
      system: [cached],
      tools: [{ name: 'f', input_schema: {}, cache_control: { type: 'ephemeral' } }],
    }
    const body = parsedBody(request, { modelId: HAIKU })
    expect(body.messages[0].content).toEqual([
      { text: 'Hi' },
      point,
      { toolResult: { toolUseId: 't', content: [{ text: 'x' }] } },
      { cachePoint: { type: 'default', ttl: '1h' } },
    ])
    expect(body.system).toEqual([{ text: 'Hi' }, point])
    expect(body.toolConfig.tools).toEqual([{ toolSpec: { name: 'f', inputSchema: { json: {} } } }, point])
  })

  test('inside a tool result is left out by name, since Converse has none there', () => {
    const request = ask({ type: 'tool_result', tool_use_id: 't', content: [cached] })
    expect(blocksOf(request)).toEqual([{ toolResult: { toolUseId: 't', content: [{ text: 'Hi' }] } }])
    expect(droppedBy(request, { modelId: HAIKU })).toBe('messages.0.content.0.content.0.cache_control')
  })

  test('behind tools and their results is left out by name for Nova, which has no points there', () => {
    const cache_control = { type: 'ephemeral' }
    const result = { type: 'tool_result', tool_use_id: 't', content: 'x' }
    const tools = [{ name: 'f', input_schema: {}, cache_control }]
    const request = { ...ask(cached, { ...result, cache_control }), tools }
    expect(blocksOf(request, NOVA)).toEqual([
      { text: 'Hi' },
      point,
      { toolResult: { toolUseId: 't', content: [{ text: 'x' }] } },
    ])
    const left = 'messages.0.content.1.cache_control, tools.0.cache_control'
    expect(droppedBy(request, { modelId: NOVA })).toBe(left)
    expect(droppedBy({ ...ask(result), cache_control }, { modelId: NOVA })).toBe('cache_control')
  })

  test('is left out by name for models without a cache', () => {
    expect(blocksOf(ask(cached), LLAMA)).toEqual([{ text: 'Hi' }])
    expect(droppedBy(ask(cached), { modelId: LLAMA })).toBe('messages.0.content.0.cache_control')
    expect(droppedBy({ cache_control: { type: 'ephemeral' } }, { modelId: LLAMA })).toBe('cache_control')
  })
})

describe('turns', () => {
  const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: { a: 1 } })
  const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: id })

  test('of one role are joined, and the results of parallel tools stay together', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: [use('t1'), use('t2')] },
      { role: 'user', content: [result('t1'), result('t2')] },
      { role: 'user', content: 'c' },
    ]
    expect(parsedBody({ messages }).messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      {
        role: 'assistant',
        content: ['t1', 't2'].map((toolUseId) => ({ toolUse: { toolUseId, name: 'f', input: { a: 1 } } })),
      },
      {
        role: 'user',
        content: [
          ...['t1', 't2'].map((toolUseId) => ({ toolResult: { toolUseId, content: [{ text: toolUseId }] } })),
          { text: 'c' },
        ],
      },
    ])
  })

  test('of the role system join the system prompt, in order', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'later' },
    ]
    expect(parsedBody({ system: [text], messages }).system).toEqual([{ text: 'Hi' }, { text: 'later' }])
  })

  test('of another role are refused', () => {
    expect(refusal({ messages: [{ role: 'tool', content: 'a' }] })).toMatch(/^messages\.0\.role: /)
  })

  test('that used tools keep them, also where the request defines none any more', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1')] },
    ]
    const { toolConfig, system } = parsedBody({ messages })
    expect(toolConfig.tools).toEqual([{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }])
    expect(system).toEqual([{ text: 'Do not call tools now. Answer with text.' }])
  })
})

describe('reasoning of earlier answers', () => {
  const thinking = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature })
  const redacted = { type: 'redacted_thinking', data: 'AAAA' }
  const request = (...blocks: object[]) => ({
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [...blocks, text] },
    ],
  })

  test('comes back to Claude with its signature', () => {
    expect(parsedBody(request(thinking('s'), redacted), { modelId: HAIKU }).messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
      { reasoningContent: { redactedContent: 'AAAA' } },
      { text: 'Hi' },
    ])
  })

  test("of Claude's is left out by name for other models", () => {
    const changed = request(thinking('s'), redacted)
    expect(parsedBody(changed, { modelId: NOVA_2 }).messages[1].content).toEqual([{ text: 'Hi' }])
    expect(droppedBy(changed, { modelId: NOVA_2 })).toBe('messages.1.content.0, messages.1.content.1')
  })

  test('without a signature comes back to models that reason', () => {
    expect(parsedBody(request(thinking('')), { modelId: GPT_OSS }).messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm' } } },
      { text: 'Hi' },
    ])
    expect(droppedBy(request(thinking('')), { modelId: NOVA })).toBe('messages.1.content.0')
  })

  test('alone leaves no empty turn', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [redacted] },
      { role: 'user', content: 'b' },
    ]
    expect(parsedBody({ messages }).messages).toEqual([{ role: 'user', content: [{ text: 'a' }, { text: 'b' }] }])
  })
})

describe('tools', () => {
  const tools = [{ name: 'f', input_schema: {}, strict: true, input_examples: [{}], defer_loading: true }]

  test.each([
    [{ type: 'any' }, { any: {} }],
    [{ type: 'tool', name: 'f' }, { tool: { name: 'f' } }],
    [{ type: 'auto' }, undefined],
  ])('the choice %j becomes %j', (tool_choice, toolChoice) => {
    expect(parsedBody({ tools, tool_choice }).toolConfig.toolChoice).toEqual(toolChoice)
  })

  test('with the choice none are left out of a conversation without tools', () => {
    expect(parsedBody({ tools, tool_choice: { type: 'none' } })).not.toHaveProperty('toolConfig')
  })

  test('are strict where the model has structured output, and lose by name what Converse does not have', () => {
    expect(parsedBody({ tools }, { modelId: HAIKU }).toolConfig.tools[0].toolSpec.strict).toBe(true)
    expect(droppedBy({ tools }, { modelId: HAIKU })).toBe('tools.0.input_examples, tools.0.defer_loading')
    expect(droppedBy({ tools })).toContain('tools.0.strict')
  })

  test.each([
    [HAIKU, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, undefined],
    [GPT_OSS, { parallel_tool_calls: false }, undefined],
    [NOVA, undefined, 'tool_choice.disable_parallel_tool_use'],
  ])('%s calls one tool at a time by %j', (modelId, fields, left) => {
    const plain = [{ name: 'f', input_schema: {} }]
    const request = { tools: plain, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
    expect(parsedBody(request, { modelId }).additionalModelRequestFields).toEqual(fields)
    expect(droppedBy(request, { modelId })).toBe(left)
  })

  test("of Anthropic's own are refused by name", () => {
    const own = [{ type: 'web_search_20250305', name: 'web_search' }]
    expect(refusal({ tools: own })).toMatch(/^tools\.0\.type: web_search_20250305: /)
  })
})
