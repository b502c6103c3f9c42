import {
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  CountTokensCommand,
} from '@aws-sdk/client-bedrock-runtime'
import {
  CLAUDE,
  createClient,
  createHttp1Client,
  NOVA,
  PDF,
  PNG,
  PROFILE,
  post,
  startEmulator,
  useEmulator,
  userMessage,
} from './support.ts'

const emulator = useEmulator()

async function converse(input: Partial<ConverseCommandInput>): Promise<ConverseCommandOutput> {
  return emulator.client.send(new ConverseCommand({ modelId: CLAUDE, messages: [userMessage('Hello')], ...input }))
}

async function say(input: Partial<ConverseCommandInput>): Promise<string> {
  const { output } = await converse(input)
  return output?.message?.content?.map(({ text }) => text ?? '').join('') ?? ''
}

describe('Converse', () => {
  test.each([
    ['HTTP/2 with prior knowledge', () => createClient(emulator.url)],
    ['HTTP/1.1', () => createHttp1Client(emulator.url)],
    [
      'a bearer token',
      () => createClient(emulator.url, { token: { token: 'key' }, authSchemePreference: ['httpBearerAuth'] }),
    ],
  ])('answers a request over %s', async (_name, create) => {
    const own = create()

    const answer = await own.send(
      new ConverseCommand({ modelId: CLAUDE, messages: [userMessage('日本で一番高い山は?')] }),
    )

    own.destroy()
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.output?.message).toEqual({
      role: 'assistant',
      content: [{ text: expect.stringContaining('富士山') }],
    })
    expect(answer.stopReason).toBe('end_turn')
    expect(answer.metrics?.latencyMs).toBeGreaterThan(0)
  })

  test.each([
    ['What is the capital of France?', 'Paris'],
    ['Hi there', 'Hello'],
    ['フランスの首都は?', 'パリ'],
  ])('knows the answer to %s', async (question, expected) => {
    expect(await say({ messages: [userMessage(question)] })).toContain(expected)
  })

  test('answers the same request with the same text, and another request with another text', async () => {
    const first = await say({ messages: [userMessage('Tell me about queues')] })

    expect(await say({ messages: [userMessage('Tell me about queues')] })).toBe(first)
    expect(first).toContain('Tell me about queues')
    expect(await say({ messages: [userMessage('Tell me about stacks')] })).not.toBe(first)
  })

  test('mentions the system prompt and earlier turns in the answer', async () => {
    const text = await say({
      system: [{ text: 'You are a pirate' }],
      messages: [userMessage('My ship is red'), { role: 'assistant', content: [{ text: 'Arr' }] }, userMessage('And?')],
    })

    expect(text).toContain('You are a pirate')
    expect(text).toContain('My ship is red')
  })

  test('answers in one word on request', async () => {
    expect(
      await say({
        system: [{ text: 'Answer in one word' }],
        messages: [userMessage('What is the capital of France?')],
      }),
    ).toBe('Paris')
  })

  test('describes a received image and document', async () => {
    const text = await say({
      messages: [
        {
          role: 'user',
          content: [
            { text: 'What is this?' },
            { image: { format: 'png', source: { bytes: PNG } } },
            { document: { format: 'pdf', name: 'Report 1', source: { bytes: PDF } } },
          ],
        },
      ],
    })

    expect(text).toContain(`a PNG image of 640x480 pixels (${PNG.length} bytes)`)
    expect(text).toContain(`a PDF document "Report 1" with 2 pages (${PDF.length} bytes)`)
  })

  test('ends at maxTokens', async () => {
    const { stopReason, usage } = await converse({ inferenceConfig: { maxTokens: 3 } })

    expect(stopReason).toBe('max_tokens')
    expect(usage?.outputTokens).toBe(3)
  })

  test('ends before a stop sequence and reports it', async () => {
    const { output, stopReason, additionalModelResponseFields } = await converse({
      messages: [userMessage('[emulator:say=one two three]')],
      inferenceConfig: { stopSequences: ['three', 'two'] },
      additionalModelResponseFieldPaths: ['/stop_sequence', '/usage/nothing'],
    })

    expect(output?.message?.content).toEqual([{ text: 'one ' }])
    expect(stopReason).toBe('stop_sequence')
    expect(additionalModelResponseFields).toEqual({ stop_sequence: 'two' })
  })

  test('echoes performanceConfig and serviceTier', async () => {
    const answer = await converse({
      modelId: PROFILE,
      performanceConfig: { latency: 'optimized' },
      serviceTier: { type: 'flex' },
    })

    expect(answer.performanceConfig).toEqual({ latency: 'optimized' })
    expect(answer.serviceTier).toEqual({ type: 'flex' })
  })

  test.each([
    [
      'Claude with a signature',
      CLAUDE,
      { thinking: { type: 'enabled', budget_tokens: 1_024 } },
      { signature: expect.any(String) },
    ],
    [
      'Nova without a signature',
      'us.amazon.nova-2-lite-v1:0',
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
      {},
    ],
  ])('returns reasoning of %s on request', async (_name, modelId, additionalModelRequestFields, signature) => {
    const { output } = await converse({ modelId, additionalModelRequestFields, inferenceConfig: { maxTokens: 2_000 } })

    expect(output?.message?.content).toEqual([
      { reasoningContent: { reasoningText: { text: expect.any(String), ...signature } } },
      { text: expect.any(String) },
    ])
  })

  test('answers with an instance of the output schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, size: { type: 'integer' } },
      required: ['city', 'size'],
      additionalProperties: false,
    }

    const text = await say({
      messages: [userMessage('Tell me the size of Berlin')],
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } },
      },
    })

    expect(JSON.parse(text)).toEqual({ city: 'Berlin', size: 1 })
  })

  test.each([
    NOVA,
    'meta.llama3-3-70b-instruct-v1:0',
    'mistral.mistral-large-3-675b-instruct',
    'deepseek.v3.2',
    'qwen.qwen3-32b-v1:0',
    'openai.gpt-oss-120b-1:0',
    'cohere.command-r-plus-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
    `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`,
    `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${CLAUDE}`,
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1',
  ])('serves %s', async (modelId) => {
    expect(await say({ modelId, messages: [userMessage('[emulator:say=Fine]')] })).toBe('Fine')
  })

  test('serves models that EMULATOR_MODELS names by the rules of their line', async () => {
    const environment = { EMULATOR_MODELS: 'anthropic.claude-opus-9, amazon.nova-3-*' }
    const informed = await startEmulator({ environment })
    const ask = async ({ url }: { readonly url: string }, modelId: string, body = {}) =>
      (await post(url, `/model/${modelId}/converse`, { messages: [userMessage('Hello')], ...body })).status

    expect(await ask(informed, 'us.anthropic.claude-opus-9')).toBe(200)
    expect(await ask(informed, 'us.amazon.nova-3-lite-v1:0')).toBe(200)
    expect(await ask(informed, 'us.anthropic.claude-opus-9', { inferenceConfig: { temperature: 0 } })).toBe(400)
    expect(await ask(informed, 'us.anthropic.claude-opus-91')).toBe(400)
    expect(await ask(emulator, 'us.anthropic.claude-opus-9')).toBe(400)
    await informed.close()
  })
})

describe('CountTokens', () => {
  test('returns the input tokens that Converse reports', async () => {
    const request = {
      system: [{ text: 'Be brief. 短く。' }],
      messages: [
        {
          role: 'user' as const,
          content: [
            { text: 'What is in it? [emulator:rate=1000000]' },
            { image: { format: 'png' as const, source: { bytes: PNG } } },
          ],
        },
      ],
      toolConfig: { tools: [{ toolSpec: { name: 'look_up', inputSchema: { json: { type: 'object' } } } }] },
    }

    const { inputTokens } = await emulator.client.send(
      new CountTokensCommand({ modelId: CLAUDE.slice('us.'.length), input: { converse: request } }),
    )

    expect(inputTokens).toBeGreaterThan(1_600)
    expect((await converse(request)).usage?.inputTokens).toBe(inputTokens)
  })

  test('counts a native body', async () => {
    const body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'one two' }],
    }

    const { inputTokens } = await emulator.client.send(
      new CountTokensCommand({
        modelId: CLAUDE.slice('us.'.length),
        input: { invokeModel: { body: Buffer.from(JSON.stringify(body)) } },
      }),
    )

    expect(inputTokens).toBe(5)
  })

  test.each([CLAUDE, NOVA])('refuses %s', async (modelId) => {
    const command = new CountTokensCommand({ modelId, input: { converse: { messages: [userMessage('Hello')] } } })

    await expect(emulator.client.send(command)).rejects.toMatchObject({ name: 'ValidationException' })
  })
})
