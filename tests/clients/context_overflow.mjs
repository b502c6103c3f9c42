import assert from 'node:assert/strict'
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime'
import { APICallError, generateText, streamText } from 'ai'

// The SDKs of AWS, Anthropic and Vercel, unmodified, against ENDPOINT, with conversations above the context window of a
// model: what context_overflow.py does in Python. Run by .ci/run, which installs the package.json beside it.
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const MICRO = 'amazon.nova-micro-v1:0'
const LLAMA = 'meta.llama3-8b-instruct-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'

/** Tokens of a window, and what the model says of more. */
const REFUSALS = {
  [HAIKU]: [200_000, /prompt is too long: \d+ tokens > 200000 maximum$/],
  [SONNET]: [200_000, /Input is too long for requested model\.$/],
  [MICRO]: [128_000, /Input Tokens Exceeded: Number of input tokens exceeds maximum length\./],
  [LLAMA]: [8_192, /This model's maximum context length is 8192 tokens\./],
  [GPT_OSS]: [131_072, /This model's maximum context length is 131072 tokens\./],
}

const connection = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' }
const endpoint = process.env.ENDPOINT
const client = new BedrockRuntimeClient({ endpoint, region: 'us-east-1', credentials: connection, maxAttempts: 1 })
const anthropic = new AnthropicBedrock({
  baseURL: endpoint,
  awsRegion: 'us-east-1',
  awsAccessKey: 'local',
  awsSecretKey: 'local',
})
const bedrock = createAmazonBedrock({ ...connection, baseURL: endpoint })

/** Turns that are together longer than the window, each of them alone far shorter. */
function history(model) {
  const [window] = REFUSALS[model]
  return [0, 1, 2, 3].flatMap((turn) => [
    { role: 'user', text: `${turn} ${'word '.repeat(window / 3)}` },
    { role: 'assistant', text: 'Yes' },
  ])
}

const converse = (modelId, turns) => ({
  modelId,
  messages: [...turns, { role: 'user', text: 'And now?' }].map(({ role, text }) => ({ role, content: [{ text }] })),
})
const generate = (modelId, turns) => ({
  model: bedrock(modelId),
  messages: [...turns, { role: 'user', text: 'And now?' }].map(({ role, text }) => ({ role, content: text })),
  // Retries would be seen as a longer time.
  maxRetries: 2,
})

let passed = 0
let failed = 0
async function check(name, run) {
  try {
    await run()
    passed += 1
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}: ${error.stack}`)
  }
}

for (const [modelId, [window, message]] of Object.entries(REFUSALS)) {
  await check(`AWS SDK, Converse, ${modelId}`, async () => {
    const error = await client.send(new ConverseCommand(converse(modelId, history(modelId)))).catch((error) => error)
    assert.ok(error instanceof ValidationException)
    assert.equal(error.$metadata.httpStatusCode, 400)
    assert.match(error.message, message)
    const { usage } = await client.send(new ConverseCommand(converse(modelId, history(modelId).slice(4))))
    assert.ok(usage.inputTokens < window)
  })
  await check(`AWS SDK, ConverseStream, ${modelId}`, async () => {
    // The SDK reads the first event before it returns: it throws for those that refuse in the stream, too.
    const open = client.send(new ConverseStreamCommand(converse(modelId, history(modelId))))
    await assert.rejects(open, { name: 'ValidationException', message })
  })
  await check(`AI SDK, generateText, ${modelId}`, async () => {
    const error = await generateText(generate(modelId, history(modelId))).catch((error) => error)
    assert.ok(APICallError.isInstance(error))
    assert.deepEqual([error.statusCode, error.isRetryable], [400, false])
    assert.match(error.message, message)
    const { finishReason } = await generateText(generate(modelId, history(modelId).slice(4)))
    assert.equal(finishReason, 'stop')
  })
  await check(`AI SDK, streamText, ${modelId}`, async () => {
    const errors = []
    const { fullStream } = streamText({
      ...generate(modelId, history(modelId)),
      onError: ({ error }) => errors.push(error),
    })
    const types = []
    for await (const { type } of fullStream) types.push(type)
    assert.ok(types.includes('error') && !types.includes('text-delta'), types.join())
    assert.match(errors[0].message, message)
    assert.equal(errors[0].isRetryable, false)
  })
}

await check('AWS SDK, InvokeModel', async () => {
  const body = JSON.stringify({ prompt: 'word '.repeat(8_193) })
  await assert.rejects(client.send(new InvokeModelCommand({ modelId: LLAMA, body })), {
    name: 'ValidationException',
    message: /^This model's maximum context length is 8192 tokens\./,
  })
})

await check("Anthropic's SDK", async () => {
  const messages = [{ role: 'user', content: 'word '.repeat(200_001) }]
  for (const stream of [false, true]) {
    const error = await anthropic.messages
      .create({ model: HAIKU, max_tokens: 10, messages, stream })
      .catch((error) => error)
    // By name: this directory has another copy of @anthropic-ai/sdk than the one that bedrock-sdk uses.
    assert.equal(error.constructor.name, 'BadRequestError')
    assert.match(error.message, /prompt is too long: \d+ tokens > 200000 maximum/)
  }
})

client.destroy()
console.log(`context overflow: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
