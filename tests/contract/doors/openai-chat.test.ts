import OpenAI from 'openai'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources'
import { chatCompletions } from '../../../layers/runtime/src/doors/openai-chat/chat-completions.ts'
import { PNG, startEmulator } from '../bedrock-emulator/support.ts'
import { serveDoors } from './serve-door.ts'

/** OpenAI's own client against the door, the stack's pipeline and the emulator. */
let client: OpenAI
let url: string
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const emulator = await startEmulator()
  const server = await serveDoors({ doors: [chatCompletions], bedrockUrl: emulator.url })
  closing.push(server.close, emulator.close)
  ;({ url } = server)
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'local', maxRetries: 0 })
})
afterAll(async () => {
  for (const close of closing) await close()
})

const CLAUDE = 'claude-haiku-4-5'
const MODELS = [CLAUDE, 'claude-sonnet-5', 'nova-lite', 'llama3-3-70b-instruct', 'mistral-large', 'gpt-oss']
const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content })

const TOOLS: ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]

test.each(MODELS)('%s answers', async (model) => {
  const answer = await client.chat.completions.create({
    model,
    messages: [{ role: 'system', content: 'Be brief.' }, user('What is the capital of France?')],
    max_completion_tokens: 200,
  })
  expect(answer.choices[0]?.message.content).toContain('Paris')
  expect(answer.choices[0]?.finish_reason).toBe('stop')
  expect(answer.usage?.total_tokens).toBeGreaterThan(0)
})

test.each(MODELS)('%s streams', async (model) => {
  const stream = client.chat.completions.stream({
    model,
    messages: [user('What is the capital of France?')],
    stream_options: { include_usage: true },
  })
  const answer = await stream.finalChatCompletion()
  expect(answer.choices[0]?.message.content).toContain('Paris')
  expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
})

test.each(MODELS)('%s uses tools over several turns, also in a stream', async (model) => {
  const messages: ChatCompletionMessageParam[] = [
    user('What is the weather in Paris? [emulator:tool=get_weather {"city":"Paris"}]'),
  ]
  for (const stream of [false, true]) {
    const first = stream
      ? await client.chat.completions.stream({ model, messages, tools: TOOLS }).finalChatCompletion()
      : await client.chat.completions.create({ model, messages, tools: TOOLS })
    const message = first.choices[0]?.message
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    const [call] = message?.tool_calls ?? []
    if (!message || call?.type !== 'function') throw new Error('no tool call')
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Paris' })
    const second = await client.chat.completions.create({
      model,
      messages: [...messages, message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' }],
      tools: TOOLS,
    })
    expect(second.choices[0]?.finish_reason).toBe('stop')
    expect(second.choices[0]?.message.content).toContain('21 degrees')
  }
})

test('parallel tool calls get their results in messages of their own', async () => {
  const messages: ChatCompletionMessageParam[] = [
    user('Weather in two cities'),
    {
      role: 'assistant',
      content: null,
      tool_calls: ['Paris', 'Rome'].map((city, index) => ({
        id: `call_${index}`,
        type: 'function',
        function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
      })),
    },
    { role: 'tool', tool_call_id: 'call_0', content: '21 degrees' },
    { role: 'tool', tool_call_id: 'call_1', content: '28 degrees' },
    user('Which is warmer?'),
  ]
  const answer = await client.chat.completions.create({ model: CLAUDE, messages, tools: TOOLS })
  expect(answer.choices[0]?.finish_reason).toBe('stop')
})

test.each([
  [CLAUDE, 'schema'],
  ['nova-lite', 'tool'],
  ['llama3-3-70b-instruct', 'instruction'],
  ['gpt-oss', 'schema'],
])('%s is asked for structured output by %s', async (model, way) => {
  const request = {
    model,
    messages: [user('Describe Paris')],
    response_format: {
      type: 'json_schema' as const,
      json_schema: {
        name: 'city',
        strict: true,
        schema: {
          type: 'object',
          properties: { name: { type: 'string' }, people: { type: 'integer' } },
          required: ['name', 'people'],
          additionalProperties: false,
        },
      },
    },
  }
  const { data, response } = await client.chat.completions.create(request).withResponse()
  expect(response.headers.get('x-bedrock-functions-structured-output')).toBe(way)
  expect(data.choices[0]?.finish_reason).toBe('stop')
  // The emulator follows no instructions.
  if (way === 'instruction') return
  const streamed = await client.chat.completions.stream(request).finalChatCompletion()
  for (const { choices } of [data, streamed]) {
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
      name: expect.any(String),
      people: expect.any(Number),
    })
  }
})

test('an image is read', async () => {
  const answer = await client.chat.completions.create({
    model: CLAUDE,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is in the image?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
        ],
      },
    ],
  })
  expect(answer.choices[0]?.message.content).toContain('640')
})

test('reasoning comes in reasoning_content, and its signed blocks come back with the tool results', async () => {
  const messages: ChatCompletionMessageParam[] = [user('What is the weather in Paris?')]
  const request = { model: CLAUDE, tools: TOOLS, reasoning_effort: 'low' as const, max_completion_tokens: 4000 }
  const whole = await client.chat.completions.create({ ...request, messages })
  const streamed = await client.chat.completions.stream({ ...request, messages }).finalChatCompletion()
  for (const { choices } of [whole, streamed]) {
    const message = choices[0]?.message
    expect(message).toMatchObject({
      reasoning_content: expect.any(String),
      thinking_blocks: [{ type: 'thinking', thinking: expect.any(String), signature: expect.any(String) }],
    })
    const id = message?.tool_calls?.[0]?.id ?? ''
    if (!message) throw new Error('no message')
    const answered = [...messages, message, { role: 'tool' as const, tool_call_id: id, content: '21 degrees' }]
    const { data, response } = await client.chat.completions.create({ ...request, messages: answered }).withResponse()
    expect(data.choices[0]?.finish_reason).toBe('stop')
    expect(response.headers.get('x-bedrock-functions-dropped')).toBeNull()
    const { role, content, tool_calls } = message
    const forgetful = [...messages, { role, content, tool_calls }, answered.at(-1)] as ChatCompletionMessageParam[]
    const other = await client.chat.completions.create({ ...request, messages: forgetful }).withResponse()
    expect(other.response.headers.get('x-bedrock-functions-dropped')).toContain('reasoning_effort')
  }
})

test('Claude can be told to call one tool at most', async () => {
  const answer = await client.chat.completions.create({
    model: CLAUDE,
    messages: [user('Weather?')],
    tools: TOOLS,
    tool_choice: 'required',
    parallel_tool_calls: false,
  })
  expect(answer.choices[0]?.finish_reason).toBe('tool_calls')
})

test.each([
  ['ThrottlingException', 429, 'RateLimitError', 'rate_limit_exceeded'],
  ['AccessDeniedException', 403, 'PermissionDeniedError', null],
  ['ResourceNotFoundException', 404, 'NotFoundError', 'model_not_found'],
  ['ValidationException', 400, 'BadRequestError', null],
  ['ModelErrorException', 502, 'InternalServerError', 'model_error'],
  ['ServiceUnavailableException', 503, 'InternalServerError', 'service_unavailable'],
])('%s is an error with the status %i of the class %s', async (type, status, name, code) => {
  const failed = client.chat.completions.create({ model: CLAUDE, messages: [user(`Hello [emulator:error=${type}]`)] })
  const error = await failed.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect((error as Error).constructor.name).toBe(name)
  expect(error).toMatchObject({ status, code })
})

test.each([
  ['an exception', 'exception=ThrottlingException@4', 'rate_limit_exceeded'],
  ['an exception that is not in the list of ConverseStream', 'exception=ModelTimeoutException@4', 'timeout'],
  ['an exception before the usage', 'exception=InternalServerException@43', null],
  ['a reset', 'reset@4', 'model_error'],
  ['an end without the last events', 'end@4', 'model_error'],
  ['a wrong checksum', 'badcrc@4', 'model_error'],
])('%s in a stream is an error, not an end, on both paths', async (_, fault, code) => {
  for (const path of ['/v1', '/openai/v1']) {
    const stream = await client.withOptions({ baseURL: `${url}${path}` }).chat.completions.create({
      model: CLAUDE,
      messages: [user(`Hello [emulator:tokens=40][emulator:${fault}]`)],
      stream: true,
    })
    const reasons: (string | null | undefined)[] = []
    const read = async () => {
      for await (const { choices } of stream) reasons.push(choices[0]?.finish_reason)
    }
    await expect(read()).rejects.toMatchObject({ code })
    expect(reasons.length).toBeGreaterThan(0)
  }
})

test('a fault in place of the first event has a status', async () => {
  const failed = client.chat.completions.create({
    model: CLAUDE,
    messages: [user('Hello [emulator:exception=ThrottlingException@0]')],
    stream: true,
  })
  await expect(failed).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
})

test('a silence in a stream does not end it', async () => {
  const stream = client.chat.completions.stream({
    model: CLAUDE,
    messages: [user('What is the capital of France? [emulator:silence=50@3]')],
  })
  expect(await stream.finalContent()).toContain('Paris')
})

test.each([
  ['ModelTimeoutException', 1],
  ['ModelErrorException', 1],
  ['InternalServerException', 2],
])('%s makes %i calls of a client that retries once', async (type, expected) => {
  let count = 0
  const counting: typeof fetch = (...request) => {
    count += 1
    return fetch(...request)
  }
  const failed = client.withOptions({ maxRetries: 1, fetch: counting }).chat.completions.create({
    model: CLAUDE,
    messages: [user(`Hello [emulator:error=${type}]`)],
  })
  await expect(failed).rejects.toBeInstanceOf(OpenAI.APIError)
  expect(count).toBe(expected)
})

test('an unsupported member is refused by its name', async () => {
  const failed = client.chat.completions.create({ model: CLAUDE, messages: [user('Hello')], n: 2 })
  await expect(failed).rejects.toMatchObject({ status: 400, param: 'n', code: 'unsupported_parameter' })
})
