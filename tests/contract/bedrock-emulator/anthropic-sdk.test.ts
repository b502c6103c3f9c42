import { CLAUDE, createAnthropicClient, type RunningEmulator, startEmulator } from './support.ts'

let emulator: RunningEmulator

beforeAll(async () => {
  emulator = await startEmulator()
})

afterAll(() => emulator.close())

const tools = [
  {
    name: 'get_weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
  },
]

test('@anthropic-ai/bedrock-sdk gets a message', async () => {
  const message = await createAnthropicClient(emulator.url).messages.create({
    model: CLAUDE,
    max_tokens: 100,
    system: 'Be kind',
    messages: [{ role: 'user', content: '日本で一番高い山は?' }],
  })

  expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' })
  expect(message.content).toEqual([{ type: 'text', text: expect.stringContaining('富士山') }])
  expect(message.usage.output_tokens).toBeGreaterThan(5)
})

test('@anthropic-ai/bedrock-sdk runs a tool', async () => {
  const client = createAnthropicClient(emulator.url)
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

  expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Kyoto' } })
  expect(second.stop_reason).toBe('end_turn')
  expect(second.content).toEqual([{ type: 'text', text: expect.stringContaining('sunny') }])
})

test.each([
  ['ThrottlingException', 429],
  ['ValidationException', 400],
  ['ServiceUnavailableException', 503],
])('@anthropic-ai/bedrock-sdk sees %s as %i', async (type, status) => {
  const call = createAnthropicClient(emulator.url).messages.create({
    model: CLAUDE,
    max_tokens: 10,
    messages: [{ role: 'user', content: `[emulator:error=${type}]` }],
  })

  await expect(call).rejects.toMatchObject({ status })
})
