import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, createClient, PNG, type RunningEmulator, startEmulator, userMessage } from './support.ts'

let upstream: Server
let emulator: RunningEmulator
let client: BedrockRuntimeClient
let received: { headers: NodeJS.Dict<string | string[]>; url: string | undefined; body: ReturnType<typeof JSON.parse> }
let answer: { status: number; body: string }

beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    received = { headers: request.headers, url: request.url, body: JSON.parse(text) }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  emulator = await startEmulator({
    environment: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1/`, OPENAI_API_KEY: 'secret', OPENAI_MODEL: 'tiny' },
  })
  client = createClient(emulator.url)
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
  upstream.closeAllConnections()
  upstream.close()
})

function complete(
  message: object,
  finishReason = 'stop',
  usage: object = { prompt_tokens: 7, completion_tokens: 5 },
): void {
  answer = { status: 200, body: JSON.stringify({ choices: [{ message, finish_reason: finishReason }], usage }) }
}

test('text comes from the OpenAI server', async () => {
  complete({ role: 'assistant', content: 'From afar' })

  const { output, stopReason, usage } = await client.send(
    new ConverseCommand({
      modelId: CLAUDE,
      system: [{ text: 'Be' }],
      messages: [{ role: 'user', content: [{ text: 'Hello' }, { image: { format: 'png', source: { bytes: PNG } } }] }],
      inferenceConfig: { maxTokens: 9, temperature: 0.5, stopSequences: ['END'] },
    }),
  )

  expect(output?.message?.content).toEqual([{ text: 'From afar' }])
  expect(stopReason).toBe('end_turn')
  expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 5, totalTokens: 12 })
  expect(received.url).toBe('/v1/chat/completions')
  expect(received.headers.authorization).toBe('Bearer secret')
  expect(received.body).toEqual({
    model: 'tiny',
    messages: [
      { role: 'system', content: 'Be' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
        ],
      },
    ],
    max_tokens: 9,
    temperature: 0.5,
    stop: ['END'],
  })
})

test('tool calls come from the OpenAI server, and results go to it', async () => {
  complete(
    { content: null, tool_calls: [{ id: 'x', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }] },
    'tool_calls',
  )
  const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object' } } } }] }

  const { output, stopReason } = await client.send(
    new ConverseCommand({
      modelId: CLAUDE,
      messages: [
        userMessage('Weather?'),
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Rome' } } }],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'sun' }] } }] },
      ],
      toolConfig,
    }),
  )

  expect(stopReason).toBe('tool_use')
  expect(output?.message?.content).toEqual([
    {
      toolUse: {
        toolUseId: expect.stringMatching(/^tooluse_/),
        name: 'get_weather',
        input: { city: 'Oslo' },
        type: 'tool_use',
      },
    },
  ])
  expect(received.body.messages.slice(1)).toEqual([
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }],
    },
    { role: 'tool', tool_call_id: 't1', content: 'sun' },
  ])
  expect(received.body.tools).toHaveLength(1)
})

test("tokens from the server's cache are counted separately", async () => {
  complete({ content: 'x' }, 'length', {
    prompt_tokens: 10,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 4 },
  })

  expect(await client.send(new ConverseCommand({ modelId: CLAUDE, messages: [userMessage('Hello')] }))).toMatchObject({
    stopReason: 'max_tokens',
    usage: { inputTokens: 6, cacheReadInputTokens: 4 },
  })
})

test.each([
  [
    { status: 500, body: '{}' },
    { name: 'ModelErrorException', originalStatusCode: 500, resourceName: 'tiny' },
  ],
  [
    { status: 404, body: '{}' },
    { name: 'ModelErrorException', originalStatusCode: 404 },
  ],
  [
    { status: 200, body: 'no json' },
    { name: 'ModelErrorException', originalStatusCode: 200 },
  ],
  [{ status: 429, body: '{}' }, { name: 'ThrottlingException' }],
])('%j becomes %j', async (reply, error) => {
  answer = reply

  await expect(
    client.send(new ConverseCommand({ modelId: CLAUDE, messages: [userMessage('Hello')] })),
  ).rejects.toMatchObject(error)
})

test('an unreachable server is a ModelErrorException', async () => {
  const lonely = await startEmulator({ environment: { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' } })
  const own = createClient(lonely.url)

  const call = own.send(new ConverseCommand({ modelId: CLAUDE, messages: [userMessage('Hello')] }))

  await expect(call).rejects.toMatchObject({ name: 'ModelErrorException', $metadata: { httpStatusCode: 424 } })
  own.destroy()
  await lonely.close()
})
