import Anthropic from '@anthropic-ai/sdk'
import { createBetaMemory } from '../../../layers/runtime/src/doors/anthropic/betas.ts'
import { createMessagesDoor } from '../../../layers/runtime/src/doors/anthropic/messages.ts'
import type { DoorWay } from '../../../layers/runtime/src/doors/door.ts'
import { PNG, startEmulator } from '../bedrock-emulator/support.ts'
import { serveDoors } from './serve-door.ts'

/** Anthropic's own client against the door, the stack's pipeline and the emulator, by each way. */
const clients = new Map<DoorWay, Anthropic>()
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const emulator = await startEmulator()
  closing.push(emulator.close)
  for (const way of ['bedrock', 'native', 'converse'] as const) {
    const doors = [createMessagesDoor(createBetaMemory())]
    const server = await serveDoors({ doors, way, bedrockUrl: emulator.url })
    closing.unshift(server.close)
    clients.set(way, new Anthropic({ baseURL: server.url, apiKey: 'local', maxRetries: 0 }))
  }
})
afterAll(async () => {
  for (const close of closing) await close()
})

function clientOf(way: DoorWay): Anthropic {
  const client = clients.get(way)
  if (!client) throw new Error(`there is no client for ${way}`)
  return client
}

const CLAUDE = 'claude-haiku-4-5'
const CALLS: readonly (readonly [DoorWay, string])[] = [
  ['bedrock', CLAUDE],
  ['native', CLAUDE],
  ['native', 'claude-sonnet-5'],
  ['converse', CLAUDE],
  ['converse', 'nova-lite'],
  ['converse', 'mistral-large'],
  ['converse', 'gpt-oss'],
  ['converse', 'llama3-3-70b-instruct'],
]
const WITH_TOOLS = CALLS.filter(([, model]) => !model.startsWith('llama'))
const WAYS: readonly DoorWay[] = ['bedrock', 'native', 'converse']

const user = (content: Anthropic.MessageParam['content']): Anthropic.MessageParam => ({ role: 'user', content })
const TOOLS: Anthropic.Tool[] = [
  {
    name: 'get_weather',
    description: 'Weather of a city',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
]
const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('')

test.each(CALLS)('by the way %s, %s answers', async (way, model) => {
  const { data } = await clientOf(way)
    .messages.create({
      model,
      max_tokens: 200,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [user('What is the capital of France?')],
    })
    .withResponse()
  expect(textOf(data)).toContain('Paris')
  expect(data).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' })
  expect(data.usage.output_tokens).toBeGreaterThan(0)
})

test.each(CALLS)('by the way %s, %s streams', async (way, model) => {
  const stream = clientOf(way).messages.stream({
    model,
    max_tokens: 200,
    messages: [user('What is the capital of France?')],
  })
  const types: string[] = []
  stream.on('streamEvent', ({ type }) => types.push(type))
  const message = await stream.finalMessage()
  expect(textOf(message)).toContain('Paris')
  expect(message.usage.input_tokens).toBeGreaterThan(0)
  expect(message.usage.output_tokens).toBeGreaterThan(0)
  expect(types[0]).toBe('message_start')
  expect(types.slice(-2)).toEqual(['message_delta', 'message_stop'])
})

test.each(WITH_TOOLS)('by the way %s, %s uses tools over several turns, also in a stream', async (way, model) => {
  const client = clientOf(way)
  const messages = [user('What is the weather in Paris? [emulator:tool=get_weather {"city":"Paris"}]')]
  const request = { model, max_tokens: 500, tools: TOOLS }
  for (const streams of [false, true]) {
    const first = streams
      ? await client.messages.stream({ ...request, messages }).finalMessage()
      : await client.messages.create({ ...request, messages })
    expect(first.stop_reason).toBe('tool_use')
    const use = first.content.find((block) => block.type === 'tool_use')
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } })
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: '21 degrees' }
    const second = await client.messages.create({
      ...request,
      messages: [...messages, { role: 'assistant', content: first.content }, user([result])],
    })
    expect(second.stop_reason).toBe('end_turn')
    expect(textOf(second)).toContain('21 degrees')
  }
})

test.each(WAYS)('by the way %s, parallel tools get their results in one turn', async (way) => {
  const uses = ['t1', 't2'].map((id) => ({ type: 'tool_use' as const, id, name: 'get_weather', input: { city: id } }))
  const results = uses.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: id, is_error: true }))
  const message = await clientOf(way).messages.create({
    model: CLAUDE,
    max_tokens: 100,
    tools: TOOLS,
    messages: [
      user('Weather?'),
      { role: 'assistant', content: uses },
      user([...results, { type: 'text', text: 'And?' }]),
    ],
  })
  expect(message.stop_reason).toBe('end_turn')
})

test.each(WAYS)('by the way %s, an image is read', async (way) => {
  const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PNG.toString('base64') }
  const message = await clientOf(way).messages.create({
    model: CLAUDE,
    max_tokens: 100,
    messages: [
      user([
        { type: 'image', source },
        { type: 'text', text: 'What is in the image?' },
      ]),
    ],
  })
  expect(textOf(message)).toContain('640')
})

test.each(WAYS)('by the way %s, thinking comes with a signature and goes back with the tool results', async (way) => {
  const client = clientOf(way)
  const messages = [user('What is the weather in Paris?')]
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
  const request = { model: CLAUDE, max_tokens: 4000, tools: TOOLS, thinking }
  const whole = await client.messages.create({ ...request, messages })
  const streamed = await client.messages.stream({ ...request, messages }).finalMessage()
  for (const { content, stop_reason } of [whole, streamed]) {
    expect(stop_reason).toBe('tool_use')
    expect(content[0]).toMatchObject({
      type: 'thinking',
      thinking: expect.stringMatching(/./),
      signature: expect.stringMatching(/./),
    })
    const use = content.find((block) => block.type === 'tool_use')
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: '21 degrees' }
    const next = await client.messages.create({
      ...request,
      messages: [...messages, { role: 'assistant', content }, user([result])],
    })
    expect(textOf(next)).toContain('21 degrees')
  }
})

test.each(WAYS)('by the way %s, an answer has the format of a schema', async (way) => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  }
  const message = await clientOf(way).messages.create({
    model: CLAUDE,
    max_tokens: 200,
    messages: [user('Describe Paris')],
    output_config: { format: { type: 'json_schema', schema } },
  })
  expect(JSON.parse(textOf(message))).toEqual({ name: expect.any(String) })
})

test.each(WAYS)('by the way %s, betas that the model does not take are left out by name', async (way) => {
  const { data, response } = await clientOf(way)
    .beta.messages.create({
      model: CLAUDE,
      max_tokens: 100,
      betas: ['claude-code-20250219', 'oauth-2025-04-20'],
      messages: [user('What is the capital of France?')],
    })
    .withResponse()
  expect(data.stop_reason).toBe('end_turn')
  expect(response.headers.get('x-bedrock-functions-dropped')).toContain('oauth-2025-04-20')
})

const ERRORS = [
  ['ThrottlingException', 429, Anthropic.RateLimitError, 'rate_limit_error'],
  ['AccessDeniedException', 403, Anthropic.PermissionDeniedError, 'permission_error'],
  ['ResourceNotFoundException', 404, Anthropic.NotFoundError, 'not_found_error'],
  ['ValidationException', 400, Anthropic.BadRequestError, 'invalid_request_error'],
  ['ServiceUnavailableException', 529, Anthropic.InternalServerError, 'overloaded_error'],
  ['InternalServerException', 500, Anthropic.InternalServerError, 'api_error'],
] as const

describe.each(WAYS)('by the way %s', (way) => {
  const hello = (directive: string) => ({ model: CLAUDE, max_tokens: 100, messages: [user(`Hello ${directive}`)] })

  test.each(ERRORS)('%s is an error with the status %i of its class', async (name, status, type, kind) => {
    const error = await clientOf(way)
      .messages.create(hello(`[emulator:error=${name}]`))
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, type: kind, requestID: expect.any(String) })
  })

  test.each([
    ['[emulator:exception=ThrottlingException@4]', 'rate_limit_error'],
    ['[emulator:end@4]', 'api_error'],
    ['[emulator:reset@4]', 'api_error'],
  ])('a stream with the fault %s ends in an error of the type %s', async (directive, type) => {
    const stream = clientOf(way).messages.stream(hello(directive))
    await expect(stream.finalMessage()).rejects.toMatchObject({ type })
  })

  test('a request without messages is refused in the words of the contract', async () => {
    const failed = clientOf(way).messages.create({ model: CLAUDE, max_tokens: 9, messages: [] })
    await expect(failed).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' })
  })
})
