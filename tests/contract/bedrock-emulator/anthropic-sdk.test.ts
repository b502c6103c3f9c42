import { CLAUDE, createAnthropicClient, useEmulator } from './support.ts'

const emulator = useEmulator()

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

test('@anthropic-ai/bedrock-sdk streams a message, event by event', async () => {
  const stream = await createAnthropicClient(emulator.url).messages.create({
    model: CLAUDE,
    max_tokens: 100,
    stream: true,
    messages: [{ role: 'user', content: '[emulator:say=one two three]' }],
  })
  const types: string[] = []
  let text = ''
  for await (const event of stream) {
    types.push(event.type)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
  }

  expect(text).toBe('one two three')
  expect(types).toEqual([
    'message_start',
    'content_block_start',
    ...Array(3).fill('content_block_delta'),
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
})

test('@anthropic-ai/bedrock-sdk joins thinking, text and a tool use from their pieces', async () => {
  const message = await createAnthropicClient(emulator.url)
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
  expect(message.usage.output_tokens).toBeGreaterThan(10)
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

test('@anthropic-ai/bedrock-sdk sees throttling before a stream as its status', async () => {
  const call = createAnthropicClient(emulator.url).messages.create({
    model: CLAUDE,
    max_tokens: 10,
    stream: true,
    messages: [{ role: 'user', content: '[emulator:error=ThrottlingException]' }],
  })

  await expect(call).rejects.toMatchObject({ status: 429 })
})
