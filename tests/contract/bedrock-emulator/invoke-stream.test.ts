import { type BedrockRuntimeClient, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { decodeChunks, type Protocol, readStream } from './read-stream.ts'
import { CLAUDE, createClient, createHttp1Client, NOVA, PROFILE, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

// Tests read events of any shape. A wrong shape fails the assertion.
type Json = ReturnType<typeof JSON.parse>

async function stream(modelId: string, body: unknown, protocol: Protocol = 'HTTP/1.1'): Promise<Json[]> {
  const path = `/model/${modelId}/invoke-with-response-stream`
  const { status, events, ending } = await readStream(emulator.url, path, body, { protocol })
  expect({ status, ending }).toEqual({ status: 200, ending: 'clean' })
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['chunk']))
  for (const { payload } of events) expect(Object.keys(payload)).toEqual(['bytes', 'p'])
  return decodeChunks(events)
}

const METRICS = 'amazon-bedrock-invocationMetrics'
const metrics = {
  inputTokenCount: expect.any(Number),
  outputTokenCount: expect.any(Number),
  invocationLatency: expect.any(Number),
  firstByteLatency: expect.any(Number),
  cacheReadInputTokenCount: 0,
  cacheWriteInputTokenCount: 0,
}
const SAY = '[emulator:say=one two]'
const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 2_000 }
const openaiTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}
const openai = (text: string) => ({ messages: [{ role: 'user', content: text }], max_tokens: 500 })
const head = {
  id: expect.stringMatching(/^chatcmpl-[0-9A-Za-z]{22}$/),
  object: 'chat.completion.chunk',
  created: expect.any(Number),
  model: expect.any(String),
}
const delta = (value: object) => ({ ...head, choices: [{ index: 0, delta: value, finish_reason: null }] })

describe('a stream', () => {
  test.each<[string, string, unknown, unknown[]]>([
    [
      'Claude Messages',
      CLAUDE,
      { ...claude, messages: [{ role: 'user', content: SAY }] },
      [
        {
          type: 'message_start',
          message: {
            model: 'claude-haiku-4-5-20251001',
            id: expect.stringMatching(/^msg_bdrk_01[0-9A-Za-z]{22}$/),
            type: 'message',
            role: 'assistant',
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
          },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'one' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' two' } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 2 },
        },
        { type: 'message_stop', [METRICS]: { ...metrics, inputTokenCount: 3, outputTokenCount: 2 } },
      ],
    ],
    [
      'Claude Text Completions',
      'anthropic.claude-v2:1',
      { prompt: `\n\nHuman: ${SAY}\n\nAssistant:`, max_tokens_to_sample: 20 },
      [
        { type: 'completion', completion: 'one', stop_reason: null, stop: null },
        { type: 'completion', completion: ' two', stop_reason: null, stop: null },
        { type: 'completion', completion: '', stop_reason: 'stop_sequence', stop: '\n\nHuman:', [METRICS]: metrics },
      ],
    ],
    [
      'Amazon Nova',
      NOVA,
      { messages: [{ role: 'user', content: [{ text: SAY }] }] },
      [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'one' } } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: ' two' } } },
        { contentBlockStop: { contentBlockIndex: 0 } },
        { messageStop: { stopReason: 'end_turn' } },
        {
          metadata: { usage: expect.objectContaining({ outputTokens: 2 }), metrics: {}, trace: {} },
          [METRICS]: metrics,
        },
      ],
    ],
    [
      'Titan Text',
      'amazon.titan-text-express-v1',
      { inputText: SAY, textGenerationConfig: { maxTokenCount: 1 } },
      [
        {
          outputText: 'one',
          index: 0,
          totalOutputTextTokenCount: null,
          completionReason: null,
          inputTextTokenCount: 3,
        },
        {
          outputText: '',
          index: 0,
          totalOutputTextTokenCount: 1,
          completionReason: 'LENGTH',
          inputTextTokenCount: null,
          [METRICS]: metrics,
        },
      ],
    ],
    [
      'Meta Llama',
      'meta.llama3-1-8b-instruct-v1:0',
      { prompt: SAY },
      [
        { generation: 'one', prompt_token_count: 3, generation_token_count: 1, stop_reason: null },
        { generation: ' two', prompt_token_count: null, generation_token_count: 2, stop_reason: null },
        {
          generation: '',
          prompt_token_count: null,
          generation_token_count: 2,
          stop_reason: 'stop',
          [METRICS]: metrics,
        },
      ],
    ],
    [
      'Mistral prompts',
      'mistral.mistral-7b-instruct-v0:2',
      { prompt: `<s>[INST] ${SAY} [/INST]` },
      [
        { outputs: [{ text: 'one', stop_reason: null }] },
        { outputs: [{ text: ' two', stop_reason: null }] },
        { outputs: [{ text: '', stop_reason: 'stop' }], [METRICS]: metrics },
      ],
    ],
    [
      'Mistral chat',
      'mistral.mistral-large-2407-v1:0',
      openai('[emulator:say=one]'),
      [
        { choices: [{ index: 0, message: { role: 'assistant', content: '' }, stop_reason: null }] },
        { choices: [{ index: 0, message: { role: 'assistant', content: 'one' }, stop_reason: null }] },
        {
          choices: [{ index: 0, message: { role: 'assistant', content: '' }, stop_reason: 'stop' }],
          [METRICS]: metrics,
        },
      ],
    ],
    [
      'Cohere Command R',
      'cohere.command-r-v1:0',
      { message: SAY },
      [
        { event_type: 'stream-start', generation_id: expect.any(String), is_finished: false },
        { event_type: 'text-generation', text: 'one', is_finished: false },
        { event_type: 'text-generation', text: ' two', is_finished: false },
        { event_type: 'stream-end', finish_reason: 'COMPLETE', is_finished: true, [METRICS]: metrics },
      ],
    ],
    [
      'Cohere Command',
      'cohere.command-text-v14',
      { prompt: SAY, max_tokens: 1 },
      [
        { text: 'one', index: 0, is_finished: false },
        { is_finished: true, finish_reason: 'MAX_TOKENS', [METRICS]: metrics },
      ],
    ],
    [
      'DeepSeek R1',
      'us.deepseek.r1-v1:0',
      { prompt: SAY },
      [
        { choices: [{ text: 'one', stop_reason: null }] },
        { choices: [{ text: ' two', stop_reason: null }] },
        { choices: [{ text: '', stop_reason: 'stop' }], [METRICS]: metrics },
      ],
    ],
    [
      'OpenAI-shaped',
      'qwen.qwen3-32b-v1:0',
      openai(SAY),
      [
        delta({ role: 'assistant', content: '' }),
        delta({ content: 'one' }),
        delta({ content: ' two' }),
        {
          ...head,
          choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
          usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
          [METRICS]: metrics,
        },
      ],
    ],
  ])('has the native events of %s', async (_name, modelId, body, events) => {
    for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
      expect(await stream(modelId, body, protocol)).toEqual(events)
    }
  })
})

const join = (events: Json[], read: (event: Json) => string | undefined): string =>
  events.map((event) => read(event) ?? '').join('')
const readOpenai = (event: Json) => event.choices[0].delta.content

describe('a joined stream', () => {
  test.each<[string, unknown, (event: Json) => string | undefined, (answer: Json) => string]>([
    [
      CLAUDE,
      { ...claude, messages: [{ role: 'user', content: 'Explain queues' }] },
      ({ delta }) => delta?.text,
      ({ content }) => content[0].text,
    ],
    [
      'anthropic.claude-v2:1',
      { prompt: 'Explain queues', max_tokens_to_sample: 20 },
      ({ completion }) => completion,
      ({ completion }) => completion,
    ],
    [
      NOVA,
      { messages: [userMessage('Explain queues')] },
      ({ contentBlockDelta }) => contentBlockDelta?.delta.text,
      ({ output }) => output.message.content[0].text,
    ],
    [
      'amazon.titan-text-express-v1',
      { inputText: 'Explain queues' },
      ({ outputText }) => outputText,
      ({ results }) => results[0].outputText,
    ],
    [
      'meta.llama3-1-8b-instruct-v1:0',
      { prompt: '日本の首都は?' },
      ({ generation }) => generation,
      ({ generation }) => generation,
    ],
    [
      'mistral.mistral-7b-instruct-v0:2',
      { prompt: 'Explain queues' },
      ({ outputs }) => outputs[0].text,
      ({ outputs }) => outputs[0].text,
    ],
    [
      'mistral.mistral-large-2407-v1:0',
      openai('Explain queues'),
      ({ choices }) => choices[0].message.content,
      ({ choices }) => choices[0].message.content,
    ],
    ['cohere.command-r-v1:0', { message: 'Explain queues' }, ({ text }) => text, ({ text }) => text],
    [
      'cohere.command-text-v14',
      { prompt: 'Explain queues' },
      ({ text }) => text,
      ({ generations }) => generations[0].text,
    ],
    [
      'us.deepseek.r1-v1:0',
      { prompt: 'Explain queues' },
      ({ choices }) => choices[0].text,
      ({ choices }) => choices[0].text,
    ],
    [
      'openai.gpt-oss-20b-1:0',
      { ...openai('Explain queues'), reasoning_effort: 'low' },
      readOpenai,
      ({ choices }) => choices[0].message.content,
    ],
    ['qwen.qwen3-32b-v1:0', openai('Explain queues'), readOpenai, ({ choices }) => choices[0].message.content],
  ])('equals InvokeModel’s answer: %s', async (modelId, body, readEvent, readAnswer) => {
    const whole = await post(emulator.url, `/model/${modelId}/invoke`, body)
    const events = await stream(modelId, body)

    expect(join(events, readEvent)).toBe(readAnswer(whole.body))
    expect(events.length).toBeGreaterThan(5)
    expect(events.at(-1)[METRICS]).toMatchObject({
      inputTokenCount: Number(whole.headers.get('x-amzn-bedrock-input-token-count')),
      outputTokenCount: Number(whole.headers.get('x-amzn-bedrock-output-token-count')),
    })
  })
})

describe('tools and reasoning', () => {
  test('Claude streams thinking with its signature, text, and tool_use with partial JSON', async () => {
    const events = await stream(CLAUDE, {
      ...claude,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [{ name: 'get_weather', input_schema: openaiTool.function.parameters }],
      messages: [{ role: 'user', content: 'Use get_weather for Kyoto' }],
    })

    const starts = events.filter(({ type }) => type === 'content_block_start')
    expect(starts.map(({ content_block }) => content_block)).toEqual([
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'text', text: '' },
      { type: 'tool_use', id: expect.stringMatching(/^toolu_bdrk_01/), name: 'get_weather', input: {} },
    ])
    const deltas = (index: number): Json[] =>
      events
        .filter((event) => event.type === 'content_block_delta' && event.index === index)
        .map((event) => event.delta)
    expect(new Set(deltas(0).map(({ type }) => type))).toEqual(new Set(['thinking_delta', 'signature_delta']))
    expect(deltas(0).at(-1)).toEqual({ type: 'signature_delta', signature: expect.stringMatching(/.{40}/) })
    expect(JSON.parse(join(deltas(2), ({ partial_json }) => partial_json))).toEqual({ city: 'Kyoto' })
    expect(events.at(-2).delta.stop_reason).toBe('tool_use')
  })

  test('OpenAI streams tool_calls by index, with the arguments in fragments', async () => {
    const body = { ...openai('Use get_weather for Kyoto'), tools: [openaiTool], reasoning_effort: 'low' }

    const events = await stream('qwen.qwen3-32b-v1:0', body)

    const calls = events.flatMap(({ choices }) => choices[0].delta.tool_calls ?? [])
    expect(calls[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    expect(JSON.parse(calls.map((call) => call.function.arguments).join(''))).toEqual({ city: 'Kyoto' })
    expect(join(events, ({ choices }) => choices[0].delta.reasoning_content)).toContain('Kyoto')
    expect(events.at(-1).choices[0].finish_reason).toBe('tool_calls')
  })

  test('Nova and Cohere stream their own events', async () => {
    const nova = await stream(NOVA, {
      messages: [userMessage('Use get_weather for Kyoto')],
      toolConfig: {
        tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: openaiTool.function.parameters } } }],
      },
    })
    const cohere = await stream('cohere.command-r-v1:0', {
      message: 'Use get_weather for Kyoto',
      tools: [{ name: 'get_weather', parameter_definitions: { city: { type: 'str', required: true } } }],
    })

    expect(nova.find(({ contentBlockStart }) => contentBlockStart)?.contentBlockStart.start.toolUse.name).toBe(
      'get_weather',
    )
    expect(nova.find(({ messageStop }) => messageStop)?.messageStop.stopReason).toBe('tool_use')
    expect(cohere.find(({ event_type }) => event_type === 'tool-calls-generation')?.tool_calls).toEqual([
      { name: 'get_weather', parameters: { city: 'Kyoto' } },
    ])
  })
})

test('the response headers have the content type of the chunks, the tier and the latency', async () => {
  const { headers } = await readStream(
    emulator.url,
    `/model/${PROFILE}/invoke-with-response-stream`,
    { messages: [userMessage('Hello')] },
    { headers: { 'x-amzn-bedrock-performanceconfig-latency': 'optimized', 'x-amzn-bedrock-service-tier': 'flex' } },
  )

  expect(headers).toMatchObject({
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-bedrock-content-type': 'application/json',
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    'x-amzn-bedrock-service-tier': 'flex',
    'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
})

test('a guardrail’s action and trace are in the last chunk', async () => {
  const path = `/model/${CLAUDE}/invoke-with-response-stream`
  const body = { ...claude, messages: [{ role: 'user', content: 'Give me investment advice' }] }
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'abc',
    'x-amzn-bedrock-guardrailversion': '1',
    'x-amzn-bedrock-trace': 'ENABLED',
  }

  const { events } = await readStream(emulator.url, path, body, { headers })

  const chunks = decodeChunks(events)
  expect(join(chunks, ({ delta }) => delta?.text)).toBe('Sorry, the model cannot answer this question.')
  expect(chunks.at(-1)).toMatchObject({
    type: 'message_stop',
    'amazon-bedrock-guardrailAction': 'INTERVENED',
    'amazon-bedrock-trace': { guardrail: { input: { abc: expect.anything() } } },
    [METRICS]: metrics,
  })
})

describe('a failure before the stream', () => {
  test.each([
    ['embeddings', 'amazon.titan-embed-text-v2:0', { inputText: 'x' }, 400, /unsupported for streaming/],
    ['a native body that is none', CLAUDE, { messages: [] }, 400, /^anthropic_version: Field required$/],
    [
      'an error that is asked for',
      NOVA,
      { messages: [userMessage('[emulator:error=ServiceQuotaExceededException]')] },
      400,
      /service quota/,
    ],
  ])('is a plain HTTP error: %s', async (_name, modelId, body, status, message) => {
    expect(await post(emulator.url, `/model/${modelId}/invoke-with-response-stream`, body)).toMatchObject({
      status,
      body: { message: expect.stringMatching(message) },
    })
  })
})

test.each<[string, (url: string) => BedrockRuntimeClient]>([
  ['HTTP/2', createClient],
  ['HTTP/1.1', createHttp1Client],
])('the SDK reads chunks over %s', async (_name, create) => {
  const client = create(emulator.url)

  const { body = [], contentType } = await client.send(
    new InvokeModelWithResponseStreamCommand({
      modelId: CLAUDE,
      body: JSON.stringify({ ...claude, messages: [{ role: 'user', content: SAY }] }),
    }),
  )
  const events: Json[] = []
  for await (const { chunk } of body) events.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()))

  client.destroy()
  expect(contentType).toBe('application/json')
  expect(join(events, ({ delta }) => delta?.text)).toBe('one two')
})
