import { createAnthropic, MESSAGES, parseEvents, postDoor, streamDoor, VERSION } from './door-support.ts'
import { readStream } from './read-stream.ts'
import { CLAUDE, NOVA, post, useEmulator } from './support.ts'

const emulator = useEmulator()

const hello = [{ role: 'user' as const, content: 'Hello' }]
const say = [{ role: 'user' as const, content: '[emulator:say=one two]' }]
const tools = [
  {
    name: 'get_weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
  },
]
const body = { model: CLAUDE, max_tokens: 100, messages: hello }

describe('POST /anthropic/v1/messages', () => {
  test('answers as InvokeModel does, with the request id of the contract', async () => {
    const native = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: hello }
    const reply = await postDoor(emulator.url, MESSAGES, body)
    const invoked = await post(emulator.url, `/model/${CLAUDE}/invoke`, native)

    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('request-id')).toBe(reply.headers.get('x-amzn-requestid'))
    expect(reply.body).toEqual(invoked.body)
    expect(reply.body).toEqual({
      model: 'claude-haiku-4-5-20251001',
      id: expect.stringMatching(/^msg_bdrk_01\w{22}$/),
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello! How can I help you today?' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 4, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 9 },
    })
  })

  test('streams the events of the native stream with their names', async () => {
    const { status, headers, text } = await streamDoor(emulator.url, MESSAGES, { ...body, messages: say })

    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/event-stream')
    const id = /"id":"(\w+)"/.exec(text)?.[1]
    expect(text).toBe(
      [
        'event: message_start',
        `data: {"type":"message_start","message":{"model":"claude-haiku-4-5-20251001","id":"${id}","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}`,
        '',
        'event: content_block_start',
        'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '',
        'event: content_block_delta',
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one"}}',
        '',
        'event: content_block_delta',
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two"}}',
        '',
        'event: content_block_stop',
        'data: {"type":"content_block_stop","index":0}',
        '',
        'event: message_delta',
        'data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}',
        '',
        'event: message_stop',
        'data: {"type":"message_stop"}',
        '',
        '',
      ].join('\n'),
    )
  })

  test('streams over HTTP/2, too', async () => {
    const options = { protocol: 'HTTP/2', headers: VERSION } as const
    const { status, headers, bytes, ending } = await readStream(
      emulator.url,
      MESSAGES,
      { ...body, stream: true },
      options,
    )

    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/event-stream')
    expect(parseEvents(bytes.toString()).at(-1)).toEqual({ name: 'message_stop', data: { type: 'message_stop' } })
    expect(ending).not.toBe('reset')
  })

  test.each<[string, object, string]>([
    ['no model', { model: undefined }, 'model: Field required'],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['no messages', { messages: undefined }, 'messages: Field required'],
    ['an empty conversation', { messages: [] }, 'messages: at least one message is required'],
    ['an unknown model', { model: 'anthropic.claude-99' }, 'The provided model identifier is invalid.'],
    ['a model of another door', { model: NOVA }, `model \`${NOVA}\` isn't supported on this route`],
    [
      'a model that needs a profile',
      { model: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
      'Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    ],
    ['an unknown member', { colour: 'red' }, 'colour: Extra inputs are not permitted'],
    ['a member without its beta', { context_management: {} }, 'context_management: Extra inputs are not permitted'],
    ['a version in the body', { anthropic_version: '2023-06-01' }, 'anthropic_version: Extra inputs are not permitted'],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'Hi' }] },
      "Malformed input request: messages.0.role: 'robot' is not allowed: Member must satisfy enum value set: [user, assistant, system], please reformat your input and try again.",
    ],
    [
      'a tool result without a tool use',
      { tools, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'b' }] }] },
      'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ],
    [
      'both temperature and top_p',
      { temperature: 1, top_p: 0.5 },
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    ],
  ])('refuses %s in the shape of the contract', async (_name, members, message) => {
    const { status, headers, body: refusal } = await postDoor(emulator.url, MESSAGES, { ...body, ...members })

    expect(refusal).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message },
      request_id: headers.get('request-id'),
    })
    expect(status).toBe(400)
  })

  test.each<[string, Record<string, string>, string]>([
    ['an unknown version', { 'anthropic-version': '2020-01-01' }, 'anthropic-version: "2020-01-01" is not a valid'],
    ['an unknown beta', { 'anthropic-beta': 'no-such-beta' }, 'invalid beta flag'],
    [
      'a guardrail, about which AWS says nothing here',
      { 'x-amzn-bedrock-guardrailidentifier': 'demo', 'x-amzn-bedrock-guardrailversion': '1' },
      'AWS documents no guardrails for this route',
    ],
  ])('refuses %s by a header', async (_name, headers, message) => {
    const reply = await postDoor(emulator.url, MESSAGES, body, headers)

    expect(reply.status).toBe(400)
    expect(reply.body.error).toEqual({ type: 'invalid_request_error', message: expect.stringContaining(message) })
  })

  test('needs the header with the version', async () => {
    const reply = await post(emulator.url, MESSAGES, body)

    expect(reply.status).toBe(400)
    expect(reply.body.error.message).toBe('anthropic-version: header is required')
  })

  test.each<[string, Record<string, string>]>([
    ['an API key', { 'x-api-key': 'key' }],
    ['a bearer token', { authorization: 'Bearer key' }],
    ['nothing', {}],
  ])('accepts %s', async (_name, headers) => {
    expect((await postDoor(emulator.url, MESSAGES, body, headers)).status).toBe(200)
  })

  test('accepts a member with its beta in the header', async () => {
    const managed = { ...body, context_management: { edits: [] } }
    const reply = await postDoor(emulator.url, MESSAGES, managed, {
      'anthropic-beta': 'context-management-2025-06-27, claude-code-20250219',
    })

    expect(reply.status).toBe(200)
  })

  test('keeps a separate prompt cache for each API key', async () => {
    const system = [{ type: 'text', text: 'word '.repeat(5_000), cache_control: { type: 'ephemeral' } }]
    const cached = async (key: string): Promise<number> => {
      const reply = await postDoor(emulator.url, MESSAGES, { ...body, system }, { 'x-api-key': key })
      return reply.body.usage.cache_read_input_tokens
    }

    expect(await cached('one')).toBe(0)
    expect(await cached('two')).toBe(0)
    expect(await cached('one')).toBeGreaterThan(4_000)
  })

  test.each(['/anthropic/v1/messages/count_tokens', '/anthropic/v1/messages/batches', '/v1/messages'])(
    'is not served at %s',
    async (path) => {
      const reply = await postDoor(emulator.url, path, body)

      expect(reply.status).toBe(404)
      expect(reply.headers.get('x-amzn-errortype')).toBe('UnknownOperationException')
    },
  )

  test('does not list models', async () => {
    await expect(createAnthropic(emulator.url).models.list()).rejects.toMatchObject({ status: 404 })
  })
})

describe('@anthropic-ai/sdk', () => {
  test('gets a message and its request id', async () => {
    const { data, request_id } = await createAnthropic(emulator.url)
      .messages.create({ model: CLAUDE, max_tokens: 100, system: 'Be kind', messages: hello })
      .withResponse()

    expect(data.content).toEqual([{ type: 'text', text: expect.stringContaining('Hello') }])
    expect(request_id).toMatch(/^[\da-f-]{36}$/)
  })

  test('sends a beta with its member', async () => {
    const message = await createAnthropic(emulator.url).beta.messages.create({
      ...body,
      betas: ['context-management-2025-06-27'],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    })

    expect(message.stop_reason).toBe('end_turn')
  })

  test('runs a tool in two turns', async () => {
    const client = createAnthropic(emulator.url)
    const question = { role: 'user' as const, content: 'Use get_weather for Kyoto' }
    const first = await client.messages.create({ model: CLAUDE, max_tokens: 100, tools, messages: [question] })
    const use = first.content.find((block) => block.type === 'tool_use')
    const second = await client.messages.create({
      model: CLAUDE,
      max_tokens: 100,
      tools,
      messages: [
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'sunny' }] },
      ],
    })

    expect(first.stop_reason).toBe('tool_use')
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Kyoto' } })
    expect(second.content).toEqual([{ type: 'text', text: expect.stringContaining('sunny') }])
  })

  test('streams thinking, text and a tool use, and joins them', async () => {
    const message = await createAnthropic(emulator.url)
      .messages.stream({
        model: CLAUDE,
        max_tokens: 2_000,
        thinking: { type: 'enabled', budget_tokens: 1_024 },
        tools,
        messages: [{ role: 'user', content: 'Use get_weather for Kyoto' }],
      })
      .finalMessage()

    expect(message.content).toEqual([
      { type: 'thinking', thinking: expect.stringContaining('Kyoto'), signature: expect.stringMatching(/.{40}/) },
      { type: 'text', text: expect.stringContaining('get_weather') },
      expect.objectContaining({ type: 'tool_use', name: 'get_weather', input: { city: 'Kyoto' } }),
    ])
    expect(message.stop_reason).toBe('tool_use')
  })

  test('gets structured output', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }
    const message = await createAnthropic(emulator.url).messages.create({
      model: CLAUDE,
      max_tokens: 100,
      output_config: { format: { type: 'json_schema', schema } },
      messages: [{ role: 'user', content: 'The city is Kyoto' }],
    })
    const [block] = message.content

    expect(block?.type === 'text' && JSON.parse(block.text)).toEqual({ city: expect.any(String) })
  })
})
