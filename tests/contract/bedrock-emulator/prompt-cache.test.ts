import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime'
import {
  CLAUDE,
  createAnthropicClient,
  createClient,
  NOVA,
  post,
  type RunningEmulator,
  startEmulator,
} from './support.ts'

const MINUTE = 60_000
/** 5,000 words, which are 5,000 tokens: more than any model's minimum. */
const LONG = 'word '.repeat(5_000).trim()
const POINT = { cachePoint: { type: 'default' as const } }

let now = 0
let emulator: RunningEmulator
let client: BedrockRuntimeClient

beforeAll(async () => {
  emulator = await startEmulator({ clock: { now: () => now, after: () => () => undefined } })
  client = createClient(emulator.url)
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
})

let marks = 0

/** Returns a new text for each test, so that no test finds another one's cache entries. */
function long(): string {
  marks += 1
  return `${marks} ${LONG}`
}

async function usageOf(input: Partial<ConverseCommandInput>, caller = client): Promise<TokenUsage | undefined> {
  const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]
  return (await caller.send(new ConverseCommand({ modelId: CLAUDE, messages, ...input }))).usage
}

test('a request reads what the previous one wrote, and the sum equals CountTokens', async () => {
  const text = long()
  const plain = await usageOf({ system: [{ text }] })
  const first = await usageOf({ system: [{ text }, POINT] })
  const second = await usageOf({ system: [{ text }, POINT] })

  expect(plain).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 0 })
  expect(plain).not.toHaveProperty('cacheDetails')
  expect(first).toMatchObject({
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 5_001,
    cacheDetails: [{ ttl: '5m', inputTokens: 5_001 }],
    inputTokens: (plain?.inputTokens ?? 0) - 5_001,
    totalTokens: plain?.totalTokens,
  })
  expect(second).toMatchObject({
    cacheReadInputTokens: 5_001,
    cacheWriteInputTokens: 0,
    inputTokens: first?.inputTokens,
    totalTokens: plain?.totalTokens,
  })
  expect(second).not.toHaveProperty('cacheDetails')
})

test.each([
  ['5m' as const, 5 * MINUTE],
  ['1h' as const, 60 * MINUTE],
])('an entry of %s expires after that time since its last read', async (ttl, lifetime) => {
  const system = [{ text: long() }, { cachePoint: { type: 'default' as const, ttl } }]
  expect((await usageOf({ system }))?.cacheDetails).toEqual([{ ttl, inputTokens: 5_001 }])
  now += lifetime - 1
  expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 5_001 })
  now += lifetime - 1
  expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 5_001 })
  now += lifetime
  expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 5_001 })
})

test('tools, system and messages are one prefix; each point caches the part after the previous point', async () => {
  const tools = [{ toolSpec: { name: 'look_up', description: long(), inputSchema: { json: { type: 'object' } } } }]
  const hour = { cachePoint: { type: 'default' as const, ttl: '1h' as const } }
  const request = (system: string) => ({
    toolConfig: { tools: [...tools, hour] },
    system: [{ text: system }, POINT],
    messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }],
  })
  const text = long()
  const first = await usageOf(request(text))
  const other = await usageOf(request(long()))
  const again = await usageOf(request(text))

  const [five, sixty] = ['5m', '1h'].map(
    (ttl) => first?.cacheDetails?.find((detail) => detail.ttl === ttl)?.inputTokens,
  )
  expect(five).toBe(5_001)
  expect(sixty).toBeGreaterThan(5_001)
  expect(other).toMatchObject({ cacheReadInputTokens: sixty, cacheWriteInputTokens: 5_001 })
  expect(again).toMatchObject({ cacheReadInputTokens: 5_001 + (sixty ?? 0), cacheWriteInputTokens: 0 })
})

test('a continued conversation reads up to the point of the previous request', async () => {
  const turn = (text: string, ...points: (typeof POINT)[]) => ({
    role: 'user' as const,
    content: [{ text }, ...points],
  })
  const answer = { role: 'assistant' as const, content: [{ text: 'Fine' }] }
  const text = long()
  await usageOf({ messages: [turn(text, POINT)] })

  expect(await usageOf({ messages: [turn(text, POINT), answer, turn('And?', POINT)] })).toMatchObject({
    cacheReadInputTokens: 5_004,
    cacheWriteInputTokens: 3 + 1 + 3 + 2,
  })
})

test("a prefix below the model's minimum is not cached and not refused", async () => {
  // 1,200 words: enough for Sonnet 4.5, and not for Haiku 4.5.
  const system = [{ text: long().slice(0, 6_000) }, POINT]
  for (const _ of [1, 2]) {
    expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 0 })
  }
  const modelId = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  const written = (await usageOf({ system, modelId }))?.cacheWriteInputTokens
  expect(written).toBeGreaterThan(1_024)
  expect(await usageOf({ system, modelId })).toMatchObject({ cacheReadInputTokens: written })
})

test('prefixes of another caller or model are not found', async () => {
  const system = [{ text: long() }, POINT]
  await usageOf({ system })
  const other = createClient(emulator.url, { credentials: { accessKeyId: 'other', secretAccessKey: 'local' } })
  expect(await usageOf({ system }, other)).toMatchObject({ cacheReadInputTokens: 0 })
  other.destroy()
  expect(await usageOf({ system, modelId: NOVA })).toMatchObject({ cacheReadInputTokens: 0 })
  expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 5_001 })
})

test('a model without a cache refuses points', async () => {
  const system = [{ text: long() }, POINT]
  await expect(usageOf({ system, modelId: 'openai.gpt-oss-120b-1:0' })).rejects.toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
  })
})

test('a failed or blocked request writes nothing to the cache', async () => {
  const system = [{ text: long() }, POINT]
  const failing = [{ role: 'user' as const, content: [{ text: '[emulator:error=ModelErrorException]' }] }]
  await expect(usageOf({ system, messages: failing })).rejects.toThrow()
  await usageOf({
    system,
    messages: [{ role: 'user', content: [{ text: '[blocked topic]' }] }],
    guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1' },
  })
  expect(await usageOf({ system })).toMatchObject({ cacheReadInputTokens: 0 })
})

test('more than four points, and a longer time to live after a shorter one, are refused', async () => {
  const content = [{ text: 'a' }, POINT, { text: 'b' }, POINT, { text: 'c' }, POINT, { text: 'd' }, POINT]
  const messages = [{ role: 'user' as const, content }]
  await expect(usageOf({ messages })).resolves.toBeDefined()
  await expect(usageOf({ messages, system: [{ text: 'e' }, POINT] })).rejects.toThrow(
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  )
  const hour = { cachePoint: { type: 'default' as const, ttl: '1h' as const } }
  await expect(
    usageOf({ messages: [{ role: 'user', content: [{ text: 'a' }, POINT, { text: 'b' }, hour] }] }),
  ).rejects.toThrow("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
})

test('a stream reports cache tokens in its metadata', async () => {
  const command = () =>
    new ConverseStreamCommand({
      modelId: NOVA,
      system: [{ text: streamed }, POINT],
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    })
  const streamed = long()
  const usages = []
  for (const _ of [1, 2]) {
    for await (const { metadata } of (await client.send(command())).stream ?? [])
      if (metadata) usages.push(metadata.usage)
  }
  expect(usages).toMatchObject([{ cacheWriteInputTokens: 5_001 }, { cacheReadInputTokens: 5_001 }])
})

describe("Claude's own body", () => {
  const body = (text: string) => ({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    system: [{ type: 'text' as const, text, cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } }],
    messages: [{ role: 'user' as const, content: 'Hello' }],
  })

  test('with cache_control reports cache tokens in its usage', async () => {
    const text = long()
    const path = `/model/${encodeURIComponent(CLAUDE)}/invoke`
    const first = await post(emulator.url, path, body(text))
    const second = await post(emulator.url, path, body(text))

    expect(first.body.usage).toMatchObject({
      cache_creation_input_tokens: 5_001,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 5_001 },
    })
    expect(first.headers.get('x-amzn-bedrock-cache-write-input-token-count')).toBe('5001')
    expect(second.body.usage).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 5_001 })
    expect(second.headers.get('x-amzn-bedrock-cache-read-input-token-count')).toBe('5001')
  })

  test('streams cache tokens in the first event and in the metrics', async () => {
    const anthropic = createAnthropicClient(emulator.url)
    const text = long()
    const events = []
    for (const _ of [1, 2]) {
      const { anthropic_version: _version, ...request } = body(text)
      for await (const event of await anthropic.messages.create({ ...request, model: CLAUDE, stream: true }))
        events.push(event)
    }
    const starts = events.filter(({ type }) => type === 'message_start')
    expect(starts).toMatchObject([
      { message: { usage: { cache_creation_input_tokens: 5_001, cache_read_input_tokens: 0 } } },
      { message: { usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 5_001 } } },
    ])
    expect(events.filter(({ type }) => type === 'message_stop')).toMatchObject([
      { 'amazon-bedrock-invocationMetrics': { cacheWriteInputTokenCount: 5_001 } },
      { 'amazon-bedrock-invocationMetrics': { cacheReadInputTokenCount: 5_001 } },
    ])
  })
})
