import { readStream } from './read-stream.ts'
import { CLAUDE, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const SONNET_3_5 = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const SONNET_4_5 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const OPUS_4_5 = 'us.anthropic.claude-opus-4-5-20251101-v1:0'
const HAIKU_5_5 = 'us.anthropic.claude-haiku-5-5'
const SONNET_5 = 'us.anthropic.claude-sonnet-5'
const CLAUDE_2 = 'anthropic.claude-v2'
const MICRO = 'amazon.nova-micro-v1:0'
const LITE = 'amazon.nova-lite-v1:0'
const TITAN_LITE = 'amazon.titan-text-lite-v1'
const LLAMA_3 = 'meta.llama3-8b-instruct-v1:0'
const LLAMA_3_3 = 'us.meta.llama3-3-70b-instruct-v1:0'
const MISTRAL_7B = 'mistral.mistral-7b-instruct-v0:2'
const R1 = 'us.deepseek.r1-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const GLM = 'zai.glm-4.7'
const GPT_5_6 = 'openai.gpt-5.6-sol'

type Operation = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream'

const tooLong = 'Input is too long for requested model.'
const inputExceeded =
  'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.'
const returned = (text: string): string => `The model returned the following errors: ${text}`
const llama = (window: number): string =>
  `This model's maximum context length is ${window} tokens. Please reduce the length of the prompt`

/** A message adds three tokens of its own. */
function words(tokens: number): string {
  return 'word '.repeat(tokens - 3).trim()
}

function converse(tokens: number, maxTokens?: number): object {
  return { messages: [userMessage(words(tokens))], ...(maxTokens && { inferenceConfig: { maxTokens } }) }
}

function claude(tokens: number, maxTokens = 100): object {
  return {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: words(tokens) }],
  }
}

function chat(tokens: number, maxTokens?: number): object {
  return { messages: [{ role: 'user', content: words(tokens) }], ...(maxTokens && { max_tokens: maxTokens }) }
}

function prompt(tokens: number): object {
  return { prompt: words(tokens) }
}

test.each<[string, Operation, object, string | RegExp]>([
  [CLAUDE, 'converse', converse(200_001), returned('prompt is too long: 200001 tokens > 200000 maximum')],
  [CLAUDE, 'converse-stream', converse(200_001), returned('prompt is too long: 200001 tokens > 200000 maximum')],
  [CLAUDE, 'invoke', claude(200_001), 'prompt is too long: 200001 tokens > 200000 maximum'],
  [CLAUDE, 'invoke-with-response-stream', claude(200_001), 'prompt is too long: 200001 tokens > 200000 maximum'],
  [HAIKU_5_5, 'converse', converse(1_000_001), returned('prompt is too long: 1000001 tokens > 1000000 maximum')],
  [SONNET_4_5, 'converse', converse(200_001), returned(tooLong)],
  // The window of a million tokens in beta ended: the flag has no effect.
  [SONNET_4_5, 'invoke', { ...claude(200_001), anthropic_beta: ['context-1m-2025-08-07'] }, tooLong],
  [OPUS_4_5, 'invoke', claude(200_001), tooLong],
  [OPUS_4_5, 'converse-stream', converse(200_001), returned(tooLong)],
  [SONNET_3_5, 'invoke', claude(200_001), tooLong],
  [
    SONNET_3_5,
    'invoke',
    claude(199_000, 1_001),
    'input length and `max_tokens` exceed context limit: 199000 + 1001 > 200000, decrease input length or `max_tokens` and try again',
  ],
  [
    SONNET_3_5,
    'converse',
    converse(199_000, 1_001),
    returned(
      'input length and `max_tokens` exceed context limit: 199000 + 1001 > 200000, decrease input length or `max_tokens` and try again',
    ),
  ],
  [CLAUDE_2, 'converse', converse(100_001), returned(tooLong)],
  [MICRO, 'converse', converse(128_001), returned(inputExceeded)],
  [LITE, 'invoke', converse(300_001), inputExceeded],
  [LITE, 'invoke-with-response-stream', converse(300_001), inputExceeded],
  [
    TITAN_LITE,
    'converse',
    converse(4_097),
    returned('Too many input tokens. Max input tokens: 4096, request input token count: 4097'),
  ],
  [
    TITAN_LITE,
    'invoke',
    { inputText: words(4_097) },
    'Too many input tokens. Max input tokens: 4096, request input token count: 4097',
  ],
  [LLAMA_3, 'converse', converse(8_193), returned(llama(8_192))],
  [LLAMA_3, 'invoke', prompt(8_193), llama(8_192)],
  [LLAMA_3, 'invoke-with-response-stream', prompt(8_193), llama(8_192)],
  [LLAMA_3_3, 'converse', converse(131_073), returned(llama(131_072))],
  [MISTRAL_7B, 'invoke', prompt(32_769), llama(32_768)],
  [R1, 'converse', converse(128_001), returned(tooLong)],
  [GPT_OSS, 'invoke', chat(200_000), /^This model's maximum context length is \d+ tokens\. However, your request has/],
  [
    GPT_OSS,
    'converse',
    converse(127_000, 8_000),
    /^The model returned the following errors: This model's maximum context length is \d+ tokens\. However, you requested 8000 output tokens and your prompt contains at least 127000 input tokens, for a total of at least 135000 tokens\./,
  ],
  [GLM, 'converse-stream', converse(300_000), /This model's maximum context length is \d+ tokens/],
  [
    GPT_5_6,
    'converse',
    converse(1_100_001),
    returned('Your input exceeds the context window of this model. Please adjust your input and try again.'),
  ],
])('%s refuses in %s a prompt above its context window', async (modelId, operation, body, message) => {
  const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/${operation}`, body)

  expect({ status: reply.status, type: reply.headers.get('x-amzn-errortype'), message: reply.body.message }).toEqual({
    status: 400,
    type: 'ValidationException',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })
})

test.each([
  [MICRO, converse(128_001), returned(inputExceeded)],
  [LITE, converse(300_001), returned(inputExceeded)],
  [LLAMA_3_3, converse(131_073), returned(llama(131_072))],
])('%s refuses it inside the stream of ConverseStream', async (modelId, body, message) => {
  const path = `/model/${encodeURIComponent(modelId)}/converse-stream`
  const { status, events } = await readStream(emulator.url, path, body)

  expect(status).toBe(200)
  expect(events).toEqual([{ kind: 'exception', name: 'validationException', payload: { message } }])
})

test.each<[string, Operation, object]>([
  [CLAUDE, 'converse', converse(200_000)],
  // The answer of Claude 4.5 ends at the window instead.
  [CLAUDE, 'converse', converse(199_000, 64_000)],
  [CLAUDE, 'invoke', claude(199_000, 64_000)],
  [SONNET_3_5, 'invoke', claude(199_000, 1_000)],
  [SONNET_5, 'converse', converse(200_001)],
  [LITE, 'converse', converse(300_000, 5_000)],
  [LLAMA_3, 'invoke', prompt(8_192)],
  [GPT_OSS, 'converse', converse(100_000, 8_000)],
  ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', 'converse', converse(300_000)],
])('%s serves in %s a prompt within its context window', async (modelId, operation, body) => {
  const reply = await post(emulator.url, `/model/${encodeURIComponent(modelId)}/${operation}`, body)

  expect([reply.status, reply.body.message]).toEqual([200, undefined])
})

test('a refused prompt is shortened to one that is served', async () => {
  const turns = Array.from({ length: 5 }, (_, index) => [
    userMessage(`${index} ${words(50_000)}`),
    { role: 'assistant', content: [{ text: 'Yes' }] },
  ])
  const send = (kept: number) =>
    post(emulator.url, `/model/${encodeURIComponent(CLAUDE)}/converse`, {
      messages: [...turns.slice(-kept).flat(), userMessage('And now?')],
    })

  expect(await send(5)).toMatchObject({ status: 400, body: { message: expect.stringContaining('prompt is too long') } })
  expect(await send(3)).toMatchObject({ status: 200 })
})
