import OpenAI from 'openai'
import { bedrock } from 'openai/providers/bedrock'
import { CHAT, createOpenai, GPT, GPT_OSS, postDoor, streamDoor } from './door-support.ts'
import { CLAUDE, NOVA, PNG, useEmulator } from './support.ts'

const emulator = useEmulator()

const hello = [{ role: 'user' as const, content: 'Hello' }]
const say = [{ role: 'user' as const, content: '[emulator:say=one two]' }]
const body = { model: GPT_OSS, messages: hello }
const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]
const weather = [{ role: 'user' as const, content: 'Use get_weather for Kyoto' }]

describe('POST /openai/v1/chat/completions', () => {
  test('answers with a chat completion', async () => {
    const reply = await postDoor(emulator.url, CHAT, body)

    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('x-request-id')).toBe(reply.headers.get('x-amzn-requestid'))
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^chatcmpl-\w{22}$/),
      object: 'chat.completion',
      created: 1_767_225_600,
      model: GPT_OSS,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello! How can I help you today?', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 4,
        completion_tokens: 9,
        total_tokens: 13,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
      service_tier: 'default',
    })
  })

  test('calls a tool without content', async () => {
    const { body: completion } = await postDoor(emulator.url, CHAT, {
      ...body,
      tools,
      tool_choice: 'required',
      messages: weather,
    })

    expect(completion.choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: expect.stringMatching(/^call_\w{22}$/),
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city":"Kyoto"}' },
          },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    })
  })

  test('streams chunks, the usage where it is asked for, and [DONE]', async () => {
    const asked = { ...body, messages: say, stream_options: { include_usage: true } }
    const { status, headers, text } = await streamDoor(emulator.url, CHAT, asked)

    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/event-stream')
    const id = /"id":"([\w-]+)"/.exec(text)?.[1]
    const head = `{"id":"${id}","object":"chat.completion.chunk","created":1767225600,"model":"${GPT_OSS}"`
    const chunk = (delta: string, finish = 'null') =>
      `data: ${head},"choices":[{"index":0,"delta":${delta},"finish_reason":${finish},"logprobs":null}],"service_tier":"default","usage":null}\n\n`
    const usage =
      '{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}'
    expect(text).toBe(
      [
        chunk('{"role":"assistant","content":""}'),
        chunk('{"content":"one"}'),
        chunk('{"content":" two"}'),
        chunk('{}', '"stop"'),
        `data: ${head},"choices":[],"service_tier":"default","usage":${usage}}\n\n`,
        'data: [DONE]\n\n',
      ].join(''),
    )
  })

  test('streams no usage where it is not asked for', async () => {
    const { events } = await streamDoor(emulator.url, CHAT, { ...body, messages: say })

    expect(events.at(-1)?.data).toBe('[DONE]')
    expect(events.slice(0, -1).every(({ data }) => data.usage === undefined && data.choices.length === 1)).toBe(true)
  })

  test.each(['low', 'none'])(
    'a closed model of OpenAI with the effort %s keeps its reasoning to itself',
    async (effort) => {
      const asked = { model: GPT, messages: hello, reasoning_effort: effort, stream_options: { include_usage: true } }
      const whole = (await postDoor(emulator.url, CHAT, { ...asked, stream_options: undefined })).body
      const { events } = await streamDoor(emulator.url, CHAT, asked)
      const usage = events.at(-2)?.data.usage
      const content = events.map(({ data }) => data.choices?.[0]?.delta.content ?? '').join('')

      expect(whole.model).toBe('openai.gpt-5.6-sol')
      expect(whole.choices[0].message).toEqual({
        role: 'assistant',
        content: expect.stringContaining('Hello'),
        refusal: null,
      })
      expect(content).toBe(whole.choices[0].message.content)
      expect(usage).toEqual(whole.usage)
      expect(usage.completion_tokens_details.reasoning_tokens > 0).toBe(effort === 'low')
    },
  )

  test('gpt-oss reasons inside the text, as in InvokeModel, and other open models beside it', async () => {
    const ask = async (model: string) =>
      (await postDoor(emulator.url, CHAT, { ...body, model, reasoning_effort: 'low' })).body.choices[0].message

    expect((await ask(GPT_OSS)).content).toMatch(/^<reasoning>.+<\/reasoning>/)
    expect(await ask('deepseek.v3.2')).toMatchObject({
      content: expect.not.stringContaining('<reasoning>'),
      reasoning_content: expect.any(String),
    })
  })

  test.each([GPT_OSS, GPT, 'deepseek.v3.2', 'mistral.mistral-large-3-675b-instruct', 'qwen.qwen3-32b-v1:0'])(
    'serves %s',
    async (model) => {
      expect((await postDoor(emulator.url, CHAT, { ...body, model })).status).toBe(200)
    },
  )

  test.each([
    CLAUDE,
    NOVA,
    'ai21.jamba-1-5-mini-v1:0',
    'mistral.mistral-large-2402-v1:0',
    'us.meta.llama3-3-70b-instruct-v1:0',
  ])('does not serve %s', async (model) => {
    const reply = await postDoor(emulator.url, CHAT, { ...body, model })

    expect(reply.status).toBe(400)
    expect(reply.body).toEqual({
      error: {
        message: `model \`${model}\` isn't supported on this route`,
        type: 'invalid_request_error',
        param: 'model',
        code: null,
      },
    })
  })

  test.each<[string, object, string, string | null, string | null]>([
    ['no model', { model: undefined }, "Missing required parameter: 'model'.", 'model', 'missing_required_parameter'],
    [
      'no messages',
      { messages: undefined },
      "Missing required parameter: 'messages'.",
      'messages',
      'missing_required_parameter',
    ],
    ['an unknown model', { model: 'openai.gpt-9' }, 'The provided model identifier is invalid.', null, null],
    ['an unknown member', { thinking: {} }, "Unknown parameter: 'thinking'.", 'thinking', 'unknown_parameter'],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'Hi' }] },
      "Invalid value: 'robot'. Supported values are: 'system', 'developer', 'user', 'assistant', and 'tool'.",
      'messages[0].role',
      'invalid_value',
    ],
    [
      'a number for the content',
      { messages: [{ role: 'user', content: 5 }] },
      "Invalid type for 'messages[0].content': expected a string, but got an integer instead.",
      'messages[0].content',
      'invalid_type',
    ],
    [
      'too high a temperature',
      { temperature: 3 },
      "Invalid 'temperature': 3 is not less or equal to 2.",
      'temperature',
      'invalid_value',
    ],
    [
      'a tool result without a tool use',
      { messages: [...hello, { role: 'tool', tool_call_id: 'a', content: 'b' }] },
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      null,
      null,
    ],
    [
      'a tool use without its result',
      {
        messages: [
          ...hello,
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
          ...hello,
        ],
      },
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: a",
      null,
      null,
    ],
    [
      'several choices',
      { n: 2 },
      "The Bedrock emulator does not serve 'n'. Leave it out.",
      'n',
      'unsupported_parameter',
    ],
    [
      'log probabilities',
      { logprobs: true },
      "The Bedrock emulator does not serve 'logprobs'. Leave it out.",
      'logprobs',
      'unsupported_parameter',
    ],
    [
      'an unknown service tier',
      { service_tier: 'fast' },
      "Invalid value: 'fast'. Supported values are: 'auto', 'default', 'flex', and 'priority'.",
      'service_tier',
      'invalid_value',
    ],
    [
      'the address of an image',
      {
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }],
      },
      'Malformed input request: image_url: expected a data URL of base64, such as data:image/png;base64,…, please reformat your input and try again.',
      null,
      null,
    ],
    [
      'a closed model without a profile',
      { model: 'openai.gpt-5.6-sol' },
      'Invocation of model ID openai.gpt-5.6-sol with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
      'model',
      null,
    ],
    [
      'a temperature for a closed model',
      { model: GPT, temperature: 0.5 },
      "Unsupported parameter: 'temperature' is not supported with this model.",
      'temperature',
      'unsupported_parameter',
    ],
    [
      'tools beside the reasoning of a closed model',
      { model: GPT, tools, reasoning_effort: 'low' },
      `Function tools with reasoning_effort are not supported for ${GPT} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
      'reasoning_effort',
      null,
    ],
  ])('refuses %s in the shape of the contract', async (_name, members, message, param, code) => {
    const { status, body: refusal } = await postDoor(emulator.url, CHAT, { ...body, ...members })

    expect(refusal).toEqual({ error: { message, type: 'invalid_request_error', param, code } })
    expect(status).toBe(400)
  })

  test.each(['/openai/v1/models', '/openai/v1/embeddings', '/openai/v1/completions', '/v1/chat/completions'])(
    'is alone: %s is not served',
    async (path) => {
      expect((await postDoor(emulator.url, path, body)).status).toBe(404)
      expect((await fetch(`${emulator.url}${path}`)).status).toBe(404)
    },
  )
})

describe('a guardrail of chat completions', () => {
  const blocked = { ...body, messages: [{ role: 'user', content: 'Tell me about the [blocked topic]' }] }
  const headers = { 'x-amzn-bedrock-guardrailidentifier': 'demo', 'x-amzn-bedrock-guardrailversion': '1' }

  test('adds its action, and the trace where it is asked for', async () => {
    const plain = await postDoor(emulator.url, CHAT, body, headers)
    const traced = await postDoor(emulator.url, CHAT, body, { ...headers, 'x-amzn-bedrock-trace': 'ENABLED' })

    expect(plain.body['amazon-bedrock-guardrailAction']).toBe('NONE')
    expect(plain.body['amazon-bedrock-trace']).toBeUndefined()
    expect(traced.body['amazon-bedrock-trace'].guardrail).toMatchObject({ input: { demo: expect.any(Object) } })
  })

  test('blocks the answer and says so, also in the chunk with the finish reason', async () => {
    const whole = await postDoor(emulator.url, CHAT, blocked, headers)
    const { events } = await streamDoor(emulator.url, CHAT, blocked, headers)
    const last = events.findLast(({ data }) => data.choices?.[0]?.finish_reason)

    expect(whole.body.choices[0].finish_reason).toBe('content_filter')
    expect(whole.body['amazon-bedrock-guardrailAction']).toBe('INTERVENED')
    expect(last?.data.choices[0].finish_reason).toBe('content_filter')
    expect(last?.data['amazon-bedrock-guardrailAction']).toBe('INTERVENED')
  })

  test('needs its version', async () => {
    const reply = await postDoor(emulator.url, CHAT, body, { 'x-amzn-bedrock-guardrailidentifier': 'demo' })

    expect(reply.status).toBe(400)
    expect(reply.body.error).toEqual({
      message: 'The guardrailVersion is required when a guardrailIdentifier is given.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    })
  })
})

describe('openai', () => {
  test('gets a completion and its request id', async () => {
    const completion = await createOpenai(emulator.url).chat.completions.create(body)

    expect(completion.choices[0]?.message.content).toContain('Hello')
    expect(completion._request_id).toMatch(/^[\da-f-]{36}$/)
  })

  test('gets one through its own provider for Bedrock', async () => {
    const provider = bedrock({
      endpoint: 'runtime',
      region: 'us-east-1',
      baseURL: `${emulator.url}/openai/v1`,
      apiKey: 'key',
    })
    const completion = await new OpenAI({ provider, maxRetries: 0 }).chat.completions.create(body)

    expect(completion.choices[0]?.message.content).toContain('Hello')
  })

  test('runs a tool in two turns, also with a stream', async () => {
    const client = createOpenai(emulator.url)
    const first = await client.chat.completions
      .stream({ model: GPT_OSS, tools, messages: weather })
      .finalChatCompletion()
    const [choice] = first.choices
    const [call] = choice?.message.tool_calls ?? []
    const second = await client.chat.completions.create({
      model: GPT_OSS,
      tools,
      messages: [
        ...weather,
        { role: 'assistant', tool_calls: choice?.message.tool_calls ?? [] },
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'sunny' },
      ],
    })

    expect(choice?.finish_reason).toBe('tool_calls')
    expect(call?.type === 'function' && call.function).toMatchObject({
      name: 'get_weather',
      arguments: '{"city":"Kyoto"}',
    })
    expect(second.choices[0]?.message.content).toContain('sunny')
  })

  test('gets structured output', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }
    const completion = await createOpenai(emulator.url).chat.completions.create({
      model: GPT_OSS,
      messages: [{ role: 'user', content: 'The city is Kyoto' }],
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
    })

    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) })
  })

  test('sends an image to a model that sees', async () => {
    const url = `data:image/png;base64,${PNG.toString('base64')}`
    const completion = await createOpenai(emulator.url).chat.completions.create({
      model: GPT,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    })

    expect(completion.choices[0]?.message.content).toContain('640x480')
  })
})
