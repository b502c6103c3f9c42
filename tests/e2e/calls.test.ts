import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { makePng, ONE_PAGE_PDF } from '../support/media.ts'
import { createStackClients, endOf, eventually, postJson, type StackClients } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CONVERSE_TOOLS } from '../support/stock-clients.ts'

/** Tests aliases, fallback, guardrail, content, cost, cache and activity in the whole stack. */

const BUCKET = 'local-jobsbucket'
const SONNET = 'global.anthropic.claude-sonnet-4-6'
const NOVA = 'us.amazon.nova-lite-v1:0'

let stack: RunningStack
let clients: StackClients
beforeAll(async () => {
  stack = await startStack({
    arguments: [
      '--parameter-overrides',
      'ResponseCache=REQUEST',
      'ActivityLog=REQUEST',
      'ModelFallbacks=claude-haiku>nova-lite',
    ],
  })
  clients = createStackClients(stack)
}, 60_000)
afterAll(async () => {
  clients.destroy()
  await stack.stop()
})

const user = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] })

const post = (path: string, document: unknown, headers: Record<string, string> = {}) =>
  postJson(stack, path, document, headers)

const converse = (modelId: string, text: string, headers: Record<string, string> = {}) =>
  post(`/model/${encodeURIComponent(modelId)}/converse`, user(text), headers)

/** One model of each family that supports Converse. */
const FAMILIES = [
  SONNET,
  NOVA,
  'us.meta.llama4-maverick-17b-instruct-v1:0',
  'mistral.mistral-large-3-675b-instruct',
  'us.deepseek.r1-v1:0',
  'openai.gpt-oss-120b-1:0',
  'cohere.command-r-plus-v1:0',
]

const BLOCKS: [string, Omit<ConverseCommandInput, 'modelId'>][] = [
  ['text', user('What is the capital of France?')],
  ['a system prompt', { ...user('Hi'), system: [{ text: 'Be brief.' }] }],
  [
    'a picture',
    {
      messages: [
        {
          role: 'user',
          content: [{ text: 'What is it?' }, { image: { format: 'png', source: { bytes: makePng(2, 3) } } }],
        },
      ],
    },
  ],
  [
    'a document',
    {
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Read it.' },
            { document: { format: 'pdf', name: 'one', source: { bytes: ONE_PAGE_PDF } } },
          ],
        },
      ],
    },
  ],
  ['tools', { ...user('What is the weather in Paris? Use get_weather.'), toolConfig: CONVERSE_TOOLS }],
  [
    'a tool result',
    {
      toolConfig: CONVERSE_TOOLS,
      messages: [
        { role: 'user', content: [{ text: 'Weather in Paris?' }] },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Paris' } } }],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ json: { degrees: 20 } }] } }] },
      ],
    },
  ],
  [
    'a cache point',
    {
      messages: [
        {
          role: 'user',
          content: [{ text: 'stable '.repeat(3000) }, { cachePoint: { type: 'default' } }, { text: 'Hi' }],
        },
      ],
    },
  ],
]

/** Expected answers of the emulator, which is deterministic, by family and block. */
const GOLDEN: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'golden-answers.json'), 'utf8'),
)

/** Removes ids that differ from call to call. */
function comparable(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message, (name, value) => (name === 'toolUseId' ? 'id' : value)))
}

/** Orders the blocks of a message by their text: a job streams, and DeepSeek R1 reasons first only in a stream. */
function sortBlocks(message: unknown): unknown {
  const { content, ...rest } = message as { content: unknown[] }
  return { ...rest, content: content.map((block) => JSON.stringify(block)).sort() }
}

interface ThreeAnswers {
  readonly whole: unknown
  readonly job: unknown
  readonly text: string
  readonly streamed: string
}

/** Makes the same request synchronously, as a collected stream, and as a job. */
async function threeWays(input: ConverseCommandInput): Promise<ThreeAnswers> {
  const { output } = await clients.bedrock.send(new ConverseCommand(input))
  const { stream } = await clients.bedrock.send(new ConverseStreamCommand(input))
  const texts: string[] = []
  for await (const { contentBlockDelta } of stream ?? []) texts.push(contentBlockDelta?.delta?.text ?? '')
  const body = JSON.parse(
    JSON.stringify(input, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
    ),
  )
  const { modelId, ...converse } = body
  const started = await post('/async-invoke', { modelId, input: { converse } })
  const { invocationArn } = (await started.json()) as { invocationArn: string }
  const job = await eventually(async () => {
    const response = await fetch(`${stack.api}/async-invoke/${encodeURIComponent(invocationArn)}`)
    const answer = (await response.json()) as { status: string; outputs?: { url: string }[] }
    return answer.status === 'InProgress' ? undefined : answer
  })
  const whole = (await (await fetch(job.outputs?.[0]?.url ?? '')).json()) as { output: { message: unknown } }
  const text = output?.message?.content?.map((block) => block.text ?? '').join('') ?? ''
  return { whole: comparable(output?.message), job: comparable(whole.output.message), text, streamed: texts.join('') }
}

test.each(FAMILIES.map((modelId) => [modelId]))('%s: the same answer by call, stream and job', async (modelId) => {
  const { whole, job, text, streamed } = await threeWays({ modelId, ...user('What is the capital of France?') })
  expect(whole).toEqual(GOLDEN[modelId])
  expect([sortBlocks(job), streamed]).toEqual([sortBlocks(whole), text])
})

test.each(BLOCKS)('%s: the same answer by call, stream and job', async (block, input) => {
  const { whole, job, text, streamed } = await threeWays({ modelId: SONNET, ...input })
  expect(whole).toEqual(GOLDEN[block])
  expect([job, streamed]).toEqual([whole, text])
})

describe('models by name', () => {
  test.each([
    ['an alias', 'nova-lite', 'amazon.nova'],
    ['a bare id that needs a profile', 'anthropic.claude-sonnet-4-6', 'global.anthropic.claude-sonnet-4-6'],
  ])('%s is resolved, and the answer has the resolved id', async (_, asked, resolved) => {
    const response = await converse(asked, 'Hi')
    expect([response.status, response.headers.get('x-bedrock-functions-model')]).toEqual([
      200,
      expect.stringContaining(resolved),
    ])
    const streamed = await post(`/model/${encodeURIComponent(asked)}/converse-stream`, user('Hi'))
    expect(streamed.headers.get('x-bedrock-functions-model')).toContain(resolved)
    await streamed.arrayBuffer()
  })

  test('jobs know aliases, too', async () => {
    const { invocationArn } = await clients.bedrock.send(
      new StartAsyncInvokeCommand({
        modelId: 'nova-lite',
        modelInput: { schemaVersion: 'messages-v1', messages: [{ role: 'user', content: [{ text: 'Hi' }] }] },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/output` } },
      }),
    )
    expect(await endOf(clients.bedrock, invocationArn)).toMatchObject({
      status: 'Completed',
      modelArn: expect.stringContaining('amazon.nova'),
    })
  })

  test('GET /models lists and filters, GET /models/{id} explains one', async () => {
    const response = await fetch(`${stack.api}/models?provider=anthropic`)
    const { models } = (await response.json()) as { models: { provider: string }[] }
    expect(models.length).toBeGreaterThan(3)
    expect(new Set(models.map(({ provider }) => provider))).toEqual(new Set(['anthropic']))
    expect(await (await fetch(`${stack.api}/models/claude-sonnet`)).text()).toContain('anthropic.claude')
  })
})

describe('the cost of a call', () => {
  test('is in the headers of an answer, in a stream, and in a job', async () => {
    const response = await converse(SONNET, 'Hi')
    expect(Number(response.headers.get('x-bedrock-functions-cost-usd'))).toBeGreaterThan(0)
    const events = await post(`/model/${encodeURIComponent(SONNET)}/converse-stream`, user('Hi'), {
      accept: 'text/event-stream',
    })
    expect(await events.text()).toMatch(/"estimatedCost":\{"usd":0\.\d+/)
    const started = await post('/async-invoke', { modelId: SONNET, input: { converse: user('Hi') } })
    const { invocationArn } = (await started.json()) as { invocationArn: string }
    const job = await eventually(async () => {
      const response = await fetch(`${stack.api}/async-invoke/${encodeURIComponent(invocationArn)}`)
      const answer = (await response.json()) as { status: string; estimatedCost: { usd: number } }
      return answer.status === 'InProgress' ? undefined : answer
    })
    expect(job.estimatedCost.usd).toBeGreaterThan(0)
  })

  test('is estimated in advance for one model and for several', async () => {
    const counted = await post(`/model/${encodeURIComponent(SONNET)}/count-tokens?maxTokens=100`, {
      input: { converse: user('Hi') },
    })
    expect(await counted.json()).toMatchObject({ inputTokens: expect.any(Number), estimate: expect.any(Object) })
    const compared = await post('/estimate', {
      modelIds: [SONNET, NOVA],
      input: { converse: user('Hi') },
      maxTokens: 100,
    })
    expect(compared.status).toBe(200)
  })
})

describe('fallback', () => {
  test('a throttled first model is followed by the second, which the answer names, also for a stream before its first event', async () => {
    const text = `Hi [emulator:throttle=99] [emulator:for=claude] ${Math.random()}`
    for (const operation of ['converse', 'converse-stream']) {
      const response = await post(`/model/${encodeURIComponent(SONNET)}/${operation}`, user(text), {
        'x-model-fallback': 'nova-lite',
      })
      expect([operation, response.status]).toEqual([operation, 200])
      expect(response.headers.get('x-bedrock-functions-fallback')).toBe(`${SONNET}: ThrottlingException`)
      expect(response.headers.get('x-bedrock-functions-model')).toContain('nova-lite')
      await response.arrayBuffer()
    }
  })

  test("the stack's chain applies to an alias", async () => {
    const response = await converse(
      'claude-haiku',
      'Hi [emulator:error=ServiceUnavailableException] [emulator:for=claude]',
    )
    expect([response.status, response.headers.get('x-bedrock-functions-model')]).toEqual([
      200,
      expect.stringContaining('nova-lite'),
    ])
  })

  test('a wrong request does not call another model', async () => {
    const response = await converse(SONNET, 'Hi [emulator:error=ValidationException]', {
      'x-model-fallback': 'nova-lite',
    })
    expect(response.status).toBe(400)
  })
})

describe('storage', () => {
  test('a repeated request that asks for it is answered from the cache at no cost', async () => {
    const headers = { 'x-bedrock-functions-cache': 'ttl=60' }
    const text = `cached ${Math.random()}`
    const first = await converse(SONNET, text, headers)
    expect(first.headers.get('x-bedrock-functions-cache')).toMatch(/^miss/)
    const answer = await first.text()
    const second = await eventually(async () => {
      const response = await converse(SONNET, text, headers)
      return response.headers.get('x-bedrock-functions-cache')?.startsWith('hit') ? response : undefined
    })
    expect(second.headers.get('x-bedrock-functions-cost-usd')).toBe('0')
    expect(await second.text()).toBe(answer)
    expect((await converse(SONNET, `${text}!`, headers)).headers.get('x-bedrock-functions-cache')).toMatch(/^miss/)
  })

  test('a call that asks for it is recorded completely for its caller', async () => {
    await (await converse(SONNET, 'to be remembered 42', { 'x-bedrock-functions-activity': 'on' })).text()
    const listed = await eventually(async () => {
      const { Contents } = await clients.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'activity/' }))
      return Contents?.[0]?.Key
    })
    const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: listed }))
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
    const text = bytes[0] === 0x1f ? (await import('node:zlib')).gunzipSync(bytes).toString() : bytes.toString()
    expect(text).toContain('to be remembered 42')
  })
})

describe('content', () => {
  test('an upload named as s3Location is inlined for a model that cannot read S3, only for its owner', async () => {
    const ticket = (await (await post('/uploads', { contentType: 'image/png' })).json()) as {
      s3Uri: string
      url: string
      headers: Record<string, string>
    }
    await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body: Buffer.from(makePng(4, 5)) })
    const asking = (uri: string) => ({
      messages: [
        { role: 'user', content: [{ text: 'What?' }, { image: { format: 'png', source: { s3Location: { uri } } } }] },
      ],
    })
    const path = `/model/${encodeURIComponent(SONNET)}/converse`
    const seen = await post(path, asking(ticket.s3Uri))
    expect([seen.status, await seen.text()]).toEqual([200, expect.stringContaining('4')])
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'outbox/secret.json', Body: Buffer.from('x') }))
    for (const uri of [
      `s3://${BUCKET}/outbox/secret.json`,
      's3://other/x',
      ticket.s3Uri.replace('/uploads/', '/uploads/0'),
    ]) {
      expect([uri, (await post(path, asking(uri))).status]).toEqual([uri, 403])
    }
    const marengo = await post('/async-invoke', {
      modelId: 'twelvelabs.marengo-embed-3-0-v1:0',
      modelInput: {
        inputType: 'video',
        video: { mediaSource: { s3Location: { uri: `s3://${BUCKET}/outbox/secret.json` } } },
      },
    })
    expect(marengo.status).toBe(403)
  })

  test('documents of 25 MB in S3 fit into the default memory, one after another', async () => {
    const ticket = (await (await post('/uploads', { contentType: 'application/pdf' })).json()) as {
      s3Uri: string
      url: string
      headers: Record<string, string>
    }
    const pdf = Buffer.alloc(24_900_000, ONE_PAGE_PDF)
    await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body: pdf })
    const source = { s3Location: { uri: ticket.s3Uri } }
    const content = [{ text: 'What?' }, { document: { format: 'pdf', name: 'report', source } }]
    for (let call = 0; call < 3; call += 1) {
      const reply = await post(`/model/${encodeURIComponent(SONNET)}/converse`, {
        messages: [{ role: 'user', content }],
      })
      expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('24900000')])
    }
  }, 60_000)

  test('a native answer is returned byte for byte', async () => {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const direct = await fetch(`${stack.bedrock}/model/${encodeURIComponent(SONNET)}/invoke`, { method: 'POST', body })
    const { body: passed } = await clients.bedrock.send(new InvokeModelCommand({ modelId: SONNET, body }))
    expect(Buffer.from(passed).toString()).toBe(await direct.text())
  })
})

describe("the stack's guardrail", () => {
  let guarded: RunningStack
  beforeAll(async () => {
    guarded = await startStack({
      arguments: ['--parameter-overrides', 'GuardrailIdentifier=abcdefghijkl', 'GuardrailVersion=1'],
    })
  }, 60_000)
  afterAll(() => guarded.stop())

  const ask = (operation: string, document: object) =>
    fetch(`${guarded.api}/model/${encodeURIComponent(SONNET)}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(document),
    })
  const secret = user('Write to jane@example.com')

  test('evaluates every call, whatever the request says about guardrails', async () => {
    for (const operation of ['converse', 'converse-stream']) {
      const response = await ask(operation, secret)
      expect([operation, response.status, response.headers.get('x-bedrock-functions-guardrail')]).toEqual([
        operation,
        200,
        'abcdefghijkl:1',
      ])
      const texts = [...(await response.text()).matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text)
      expect(texts.join('')).toContain('{EMAIL}')
      expect(texts.join('')).not.toContain('jane')
    }
    const native = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'jane@example.com' }],
    }
    expect(await (await ask('invoke', native)).text()).toContain('"amazon-bedrock-guardrailAction":"INTERVENED"')
  })

  test('evaluates system prompts, also those of native bodies', async () => {
    const system = [{ text: 'Give [blocked topic] advice.' }]
    for (const operation of ['converse', 'converse-stream']) {
      expect(await (await ask(operation, { ...user('Hi'), system })).text()).toContain('guardrail_intervened')
    }
    const native = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    }
    for (const operation of ['invoke', 'invoke-with-response-stream']) {
      const response = await ask(operation, { ...native, system: 'Give [blocked topic] advice.' })
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringContaining("This stack's guardrail, abcdefghijkl:1, blocked the system prompt: "),
      ])
      expect((await ask(operation, { ...native, system: 'Be brief.' })).status).toBe(200)
    }
  })

  test.each([
    [
      'another guardrail',
      { ...secret, guardrailConfig: { guardrailIdentifier: 'zzzzzzzzzzzz', guardrailVersion: '1' } },
    ],
    ['another version', { ...secret, guardrailConfig: { guardrailIdentifier: 'abcdefghijkl', guardrailVersion: '2' } }],
  ])('%s is refused', async (_, document) => {
    expect((await ask('converse', document)).status).toBe(403)
  })

  test('also applies to jobs and the workflow', async () => {
    const started = await fetch(`${guarded.api}/workflow`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Write to jane@example.com', mode: 'async' }),
    })
    expect([started.status, await started.text()]).toEqual([200, expect.not.stringContaining('jane@example.com')])
  })
})
