import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type BedrockRuntimeClient, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import { BEDROCK_ERROR_STATUS } from '@bedrock-functions/runtime/core'
import { CLAUDE, createClient, NOVA, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

let emulator: RunningEmulator
let client: BedrockRuntimeClient
let tellOutcome: (isAbandoned: boolean) => void = () => undefined

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: ({ isAbandoned }) => tellOutcome(isAbandoned) })
  client = createClient(emulator.url)
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
})

function ask(text: string, maxTokens?: number): ConverseCommand {
  return new ConverseCommand({
    modelId: CLAUDE,
    messages: [userMessage(text)],
    ...(maxTokens !== undefined && { inferenceConfig: { maxTokens } }),
  })
}

describe('[emulator:error=…]', () => {
  test.each(Object.entries(BEDROCK_ERROR_STATUS))('returns %s with status %i', async (type, status) => {
    const { headers, ...reply } = await post(emulator.url, `/model/${CLAUDE}/converse`, {
      messages: [userMessage(`[emulator:error=${type}]`)],
    })

    expect(reply).toMatchObject({ status, body: { message: expect.any(String) } })
    expect(headers.get('x-amzn-errortype')).toBe(type)
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    await expect(client.send(ask(`[emulator:error=${type}]`))).rejects.toMatchObject({
      name: type,
      $metadata: { httpStatusCode: status },
    })
  })

  test('returns ModelErrorException with its members', async () => {
    await expect(client.send(ask('[emulator:error=ModelErrorException]'))).rejects.toMatchObject({
      originalStatusCode: 500,
      resourceName: CLAUDE,
    })
  })
})

describe('[emulator:throttle=N]', () => {
  test("is overcome by the SDK's retries", async () => {
    const patient = createClient(emulator.url, { maxAttempts: 3, retryStrategy: immediateRetries() })

    const answer = await patient.send(ask('Hello [emulator:throttle=2]'))

    patient.destroy()
    expect(answer.$metadata.attempts).toBe(3)
  })

  test('counts tries of the same request and starts again after a success', async () => {
    const outcomes: string[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      outcomes.push(await outcome('Count me [emulator:throttle=1]'))
      outcomes.push(await outcome('Another [emulator:throttle=9]'))
    }

    expect(outcomes.filter((_outcome, index) => index % 2 === 0)).toEqual(['429', 'ok', '429', 'ok'])
    expect(new Set(outcomes.filter((_outcome, index) => index % 2 === 1))).toEqual(new Set(['429']))
  })
})

describe('[emulator:stall=MS]', () => {
  test('waits before the answer', async () => {
    const start = performance.now()

    await client.send(ask('Hello [emulator:stall=80]'))

    expect(performance.now() - start).toBeGreaterThanOrEqual(79)
  })

  test('ends when the client disconnects', async () => {
    const isAbandoned = new Promise<boolean>((resolve) => {
      tellOutcome = resolve
    })
    const own = createClient(emulator.url)
    const controller = new AbortController()
    // The emulator runs in this process, and the SDK speaks HTTP/2.
    const abort = () => controller.abort()
    subscribe('http2.server.stream.start', abort)
    const call = own.send(ask('Hello [emulator:stall=3600000]'), { abortSignal: controller.signal })

    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    unsubscribe('http2.server.stream.start', abort)
    own.destroy()

    expect(await isAbandoned).toBe(true)
  })
})

describe('[emulator:tokens=N], [emulator:rate=R], [emulator:say=TEXT]', () => {
  test('returns exactly N tokens', async () => {
    const { usage, stopReason } = await client.send(ask('[emulator:tokens=137]'))

    expect(usage?.outputTokens).toBe(137)
    expect(stopReason).toBe('end_turn')
  })

  test('is limited by maxTokens', async () => {
    const { usage, stopReason } = await client.send(ask('[emulator:tokens=137]', 100))

    expect(usage?.outputTokens).toBe(100)
    expect(stopReason).toBe('max_tokens')
  })

  test('takes the time of its tokens', async () => {
    const start = performance.now()

    await client.send(ask('[emulator:tokens=20] [emulator:rate=200]'))

    expect(performance.now() - start).toBeGreaterThanOrEqual(99)
  })

  test('returns the text, newlines included', async () => {
    const { output } = await client.send(ask('Please [emulator:say=line one\n  line "two" 二\n] now'))

    expect(output?.message?.content).toEqual([{ text: 'line one\n  line "two" 二\n' }])
  })

  test('removes the directives from the text', async () => {
    const { output } = await client.send(ask('Explain queues [emulator:stall=1]'))

    expect(JSON.stringify(output)).toContain('\\"Explain queues\\"')
    expect(JSON.stringify(output)).not.toContain('emulator:')
  })

  test('works in a native prompt', async () => {
    const { body } = await client.send(
      new InvokeModelCommand({
        modelId: 'meta.llama3-1-8b-instruct-v1:0',
        contentType: 'application/json',
        body: JSON.stringify({ prompt: '<|start_header_id|>user<|end_header_id|>\n\n[emulator:say=Yes]<|eot_id|>' }),
      }),
    )

    expect(JSON.parse(body.transformToString())).toMatchObject({ generation: 'Yes' })
  })
})

test.each([
  ['error=Nonsense', 'error'],
  ['error', 'error'],
  ['throttle=-1', 'throttle'],
  ['throttle=many', 'throttle'],
  ['stall=1.5', 'stall'],
  ['stall=99999999', 'stall'],
  ['tokens=0', 'tokens'],
  ['rate=0', 'rate'],
  ['dance=1', 'dance'],
])('the refusal of [emulator:%s] names the directive', async (directive, name) => {
  await expect(client.send(ask(`Hello [emulator:${directive}]`))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(`[emulator:${name}`),
  })
})

test.each([
  [
    'CountTokens',
    `/model/${CLAUDE.slice(3)}/count-tokens`,
    (text: string) => ({ input: { converse: { messages: [userMessage(text)] } } }),
  ],
  [
    'ApplyGuardrail',
    '/guardrail/abc/version/1/apply',
    (text: string) => ({ source: 'INPUT', content: [{ text: { text } }] }),
  ],
  ['InvokeModel', `/model/${NOVA}/invoke`, (text: string) => ({ messages: [userMessage(text)] })],
  ['embeddings', '/model/amazon.titan-embed-text-v2:0/invoke', (text: string) => ({ inputText: text })],
])('directives work for %s too', async (_name, path, wrap) => {
  expect(await post(emulator.url, path, wrap('[emulator:error=ServiceUnavailableException]'))).toMatchObject({
    status: 503,
  })
})

async function outcome(text: string): Promise<string> {
  return client.send(ask(text)).then(
    () => 'ok',
    (error) => String(error.$metadata.httpStatusCode),
  )
}

/** Retries of the SDK without its pauses. */
function immediateRetries() {
  const token = { getRetryCount: () => 0, getRetryDelay: () => 0 }
  let retries = 0
  return {
    acquireInitialRetryToken: async () => token,
    refreshRetryTokenForRetry: async () => {
      retries++
      if (retries > 2) throw new Error('out of retries')
      return { ...token, getRetryCount: () => retries }
    },
    recordSuccess: () => undefined,
  }
}
