import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, createHttp1Client, PNG, PROFILE, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

async function invoke(modelId: string, body: unknown): Promise<ReturnType<typeof JSON.parse>> {
  const reply = await emulator.client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }))
  expect(reply.contentType).toBe('application/json')
  return JSON.parse(reply.body.transformToString())
}

const SAY = '[emulator:say=one two]'
const PNG_URL = `data:image/png;base64,${PNG.toString('base64')}`
const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50 }
const id = expect.stringMatching(/[0-9A-Za-z]{22}$/)
const openaiAnswer = {
  id,
  object: 'chat.completion',
  created: expect.any(Number),
  model: expect.any(String),
  choices: [{ index: 0, message: { role: 'assistant', content: 'one two' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: expect.any(Number), completion_tokens: 2, total_tokens: expect.any(Number) },
}
const openai = {
  messages: [
    { role: 'system', content: 'Be' },
    { role: 'user', content: SAY },
  ],
  max_tokens: 9,
}

describe('InvokeModel', () => {
  test.each<[string, string, unknown, unknown]>([
    [
      'Claude Messages',
      CLAUDE,
      { ...claude, messages: [{ role: 'user', content: [{ type: 'text', text: SAY }] }] },
      {
        model: 'claude-haiku-4-5-20251001',
        id: expect.stringMatching(/^msg_bdrk_01[0-9A-Za-z]{22}$/),
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'one two' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 2 },
      },
    ],
    [
      'Claude Text Completions',
      'anthropic.claude-v2:1',
      { prompt: `\n\nHuman: ${SAY}\n\nAssistant:`, max_tokens_to_sample: 20 },
      { type: 'completion', completion: 'one two', stop_reason: 'stop_sequence', stop: '\n\nHuman:' },
    ],
    [
      'Amazon Nova',
      'amazon.nova-lite-v1:0',
      { schemaVersion: 'messages-v1', system: [{ text: 'x' }], messages: [{ role: 'user', content: [{ text: SAY }] }] },
      {
        output: { message: { role: 'assistant', content: [{ text: 'one two' }] } },
        stopReason: 'end_turn',
        usage: {
          inputTokens: 4,
          outputTokens: 2,
          totalTokens: 6,
          cacheReadInputTokenCount: 0,
          cacheWriteInputTokenCount: 0,
        },
      },
    ],
    [
      'Titan Text',
      'amazon.titan-text-express-v1',
      { inputText: SAY, textGenerationConfig: { maxTokenCount: 1 } },
      { inputTextTokenCount: 3, results: [{ tokenCount: 1, outputText: 'one', completionReason: 'LENGTH' }] },
    ],
    [
      'Meta Llama',
      'us.meta.llama4-scout-17b-instruct-v1:0',
      {
        prompt: `<|begin_of_text|><|header_start|>system<|header_end|>\n\nBe<|eot|><|header_start|>user<|header_end|>\n\n${SAY}<|eot|><|header_start|>assistant<|header_end|>`,
      },
      { generation: 'one two', prompt_token_count: 4, generation_token_count: 2, stop_reason: 'stop' },
    ],
    [
      'Llama 2 markup',
      'meta.llama2-13b-chat-v1',
      { prompt: `<s>[INST] ${SAY} [/INST]`, max_gen_len: 1 },
      { generation: 'one', prompt_token_count: 3, generation_token_count: 1, stop_reason: 'length' },
    ],
    [
      'Mistral prompts',
      'mistral.mistral-7b-instruct-v0:2',
      { prompt: `<s>[INST] ${SAY} [/INST]`, max_tokens: 9 },
      { outputs: [{ text: 'one two', stop_reason: 'stop' }] },
    ],
    [
      'Mistral chat',
      'mistral.mistral-large-2407-v1:0',
      openai,
      { choices: [{ index: 0, message: { role: 'assistant', content: 'one two' }, stop_reason: 'stop' }] },
    ],
    [
      'Cohere Command R',
      'cohere.command-r-v1:0',
      {
        message: SAY,
        chat_history: [
          { role: 'USER', message: 'Hi' },
          { role: 'CHATBOT', message: 'Ho' },
        ],
        preamble: 'Be',
      },
      {
        response_id: expect.any(String),
        generation_id: expect.any(String),
        text: 'one two',
        chat_history: expect.arrayContaining([
          { role: 'USER', message: 'Hi' },
          { role: 'CHATBOT', message: 'one two' },
        ]),
        finish_reason: 'COMPLETE',
      },
    ],
    [
      'Cohere Command',
      'cohere.command-text-v14',
      { prompt: SAY },
      { id, prompt: '', generations: [{ id: expect.any(String), text: 'one two', finish_reason: 'COMPLETE' }] },
    ],
    [
      'DeepSeek R1',
      'us.deepseek.r1-v1:0',
      { prompt: `<｜begin▁of▁sentence｜><｜User｜>${SAY}<｜Assistant｜><think>\n`, max_tokens: 9 },
      { choices: [{ text: 'one two', stop_reason: 'stop' }] },
    ],
    ...[
      'deepseek.v3-v1:0',
      'qwen.qwen3-32b-v1:0',
      'openai.gpt-oss-120b-1:0',
      'moonshot.kimi-k2-thinking',
      'minimax.minimax-m2',
      'zai.glm-4.7',
      'nvidia.nemotron-nano-12b-v2',
      'google.gemma-4-31b',
      'ai21.jamba-1-5-large-v1:0',
      'xai.grok-4.3',
      'us.writer.palmyra-x5-v1:0',
      'mistral.mistral-large-3-675b-instruct',
    ].map((modelId): [string, string, unknown, unknown] => [modelId, modelId, openai, openaiAnswer]),
  ])('answers in the native format of %s', async (_name, modelId, body, expected) => {
    expect(await invoke(modelId, body)).toEqual(expected)
  })

  test('detects the family from the body for a model of the account', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123def456'

    expect(await invoke(arn, { prompt: SAY, max_gen_len: 9 })).toHaveProperty('generation', 'one two')
    expect(await invoke(arn, { ...claude, messages: [{ role: 'user', content: SAY }] })).toHaveProperty(
      'type',
      'message',
    )
    expect(await invoke(arn, openai)).toHaveProperty('object', 'chat.completion')
  })
})

describe('Claude', () => {
  const ask = (more: object, text = SAY): Promise<ReturnType<typeof JSON.parse>> =>
    invoke(CLAUDE, { ...claude, messages: [{ role: 'user', content: text }], ...more })

  test('reports the stop sequence that ended the text', async () => {
    expect(await ask({ stop_sequences: ['two'] })).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'two' })
  })

  test('stops at max_tokens', async () => {
    expect(await ask({ max_tokens: 1 })).toMatchObject({ stop_reason: 'max_tokens', content: [{ text: 'one' }] })
  })

  test('returns thinking with a signature', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1_024 }

    expect((await ask({ thinking, max_tokens: 2_000 }, 'Hello')).content).toEqual([
      { type: 'thinking', thinking: expect.any(String), signature: expect.any(String) },
      { type: 'text', text: expect.any(String) },
    ])
  })

  test('describes images and documents', async () => {
    const { content } = await invoke(CLAUDE, {
      ...claude,
      max_tokens: 500,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG.toString('base64') } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
    })

    expect(content[0].text).toContain('a PNG image of 640x480 pixels')
    expect(content[0].text).toContain('a TXT document with 3 characters of text')
  })
})

test("a model with OpenAI's format describes an image", async () => {
  const content = [
    { type: 'text', text: 'What?' },
    { type: 'image_url', image_url: { url: PNG_URL } },
  ]

  const { choices } = await invoke('google.gemma-4-31b', { messages: [{ role: 'user', content }] })

  expect(choices[0].message.content).toContain('640x480 pixels')
})

test('InvokeModel returns token counts, latency and tier in headers', async () => {
  const { headers } = await post(
    emulator.url,
    `/model/${PROFILE}/invoke`,
    { messages: [userMessage(SAY)] },
    { 'x-amzn-bedrock-performanceconfig-latency': 'optimized', 'x-amzn-bedrock-service-tier': 'priority' },
  )

  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'application/json',
    'x-amzn-bedrock-input-token-count': '3',
    'x-amzn-bedrock-output-token-count': '2',
    'x-amzn-bedrock-invocation-latency': expect.stringMatching(/^\d+$/),
    'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    'x-amzn-bedrock-service-tier': 'priority',
  })
})

test('InvokeModel works over HTTP/1.1', async () => {
  const http1 = createHttp1Client(emulator.url)

  const { body } = await http1.send(
    new InvokeModelCommand({
      modelId: CLAUDE,
      body: JSON.stringify({ ...claude, messages: [{ role: 'user', content: SAY }] }),
    }),
  )

  http1.destroy()
  expect(JSON.parse(body.transformToString()).content).toEqual([{ type: 'text', text: 'one two' }])
})

describe('embeddings', () => {
  const length = (vector: number[]): number => Math.hypot(...vector)
  const dot = (one: number[], other: number[]): number =>
    one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)

  test.each([256, 512, 1_024])('of Titan v2 have %i dimensions and length 1', async (dimensions) => {
    const { embedding, embeddingsByType, inputTextTokenCount } = await invoke('amazon.titan-embed-text-v2:0', {
      inputText: 'a b',
      dimensions,
      embeddingTypes: ['float', 'binary'],
    })

    expect(embedding).toHaveLength(dimensions)
    expect(length(embedding)).toBeCloseTo(1, 5)
    expect(embeddingsByType.float).toEqual(embedding)
    expect(new Set(embeddingsByType.binary)).toEqual(new Set([0, 1]))
    expect(inputTextTokenCount).toBe(2)
  })

  test('of Titan v2 are not normalized with normalize false', async () => {
    const { embedding } = await invoke('amazon.titan-embed-text-v2:0', { inputText: 'a b', normalize: false })

    expect(length(embedding)).toBeGreaterThan(2)
  })

  test('of Titan v1 have 1,536 dimensions', async () => {
    expect((await invoke('amazon.titan-embed-text-v1', { inputText: 'a' })).embedding).toHaveLength(1_536)
  })

  test('of texts with common words are nearer than those of other texts', async () => {
    const { embeddings } = await invoke('cohere.embed-multilingual-v3', {
      texts: ['the red car is fast', 'a fast red car', 'bread with butter'],
      input_type: 'search_document',
    })

    expect(embeddings).toHaveLength(3)
    expect(embeddings[0]).toHaveLength(1_024)
    expect(dot(embeddings[0], embeddings[1])).toBeGreaterThan(dot(embeddings[0], embeddings[2]) + 0.3)
  })

  test('of Cohere v4 have the requested types and dimensions', async () => {
    const answer = await invoke('cohere.embed-v4:0', {
      texts: ['a'],
      images: [PNG_URL],
      input_type: 'search_query',
      embedding_types: ['float', 'int8', 'ubinary'],
      output_dimension: 256,
    })

    expect(answer).toMatchObject({ id: expect.any(String), response_type: 'embeddings_by_type', texts: ['a'] })
    expect(answer.embeddings.float.map((vector: number[]) => vector.length)).toEqual([256, 256])
    expect(answer.embeddings.int8[0]).toHaveLength(256)
    expect(answer.embeddings.ubinary[0]).toHaveLength(32)
  })
})
