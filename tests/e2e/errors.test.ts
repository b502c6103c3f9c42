import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sendRaw } from '../support/raw-http.ts'
import { eventually } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const CLAUDE = '/model/global.anthropic.claude-sonnet-4-5-20250929-v1%3A0'
const CONVERSE = `${CLAUDE}/converse`

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack({
    // Longer than the three tries of a throttled call, with pauses of up to one and two seconds.
    arguments: [
      '--parameter-overrides',
      'RequestTimeoutSeconds=6',
      'AllowedModels=global.anthropic.*,amazon.*,us.amazon.nova-pro-*,nobody.*,arn:*',
    ],
  })
}, 60_000)
afterAll(() => stack.stop())

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly message: string
  readonly headers: Headers
}

async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(stack.api + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...init,
  })
  const body = await response.text()
  const { message } = JSON.parse(body)
  expect(Object.keys(JSON.parse(body))).toContain('message')
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), message, headers: response.headers }
}

function converse(text: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(CONVERSE, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }),
  })
}

describe('bad requests', () => {
  const message = (text: unknown) => JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] })

  test.each([
    ['malformed JSON', CONVERSE, '{"messages":[', 400, 'ValidationException'],
    ['a wrong type', CONVERSE, message(7), 400, 'ValidationException'],
    ['no body', CONVERSE, undefined, 400, 'ValidationException'],
    [
      'no max_tokens',
      `${CLAUDE}/invoke`,
      '{"anthropic_version":"bedrock-2023-05-31","messages":[]}',
      400,
      'ValidationException',
    ],
    ['an unknown provider', '/model/nobody.nothing-v1%3A0/converse', message('Hi'), 400, 'ValidationException'],
    [
      'a model not allowed',
      '/model/meta.llama3-3-70b-instruct-v1%3A0/converse',
      message('Hi'),
      403,
      'AccessDeniedException',
    ],
    ['a malformed escape', '/model/%zz/converse', message('Hi'), 400, 'ValidationException'],
    ['a path in the model id', '/model/..%2F..%2Fguardrail/converse', message('Hi'), 400, 'ValidationException'],
    [
      'a path in an ARN',
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2F..%2Fx/converse',
      message('Hi'),
      400,
      'ValidationException',
    ],
    ['NUL in the model id', '/model/amazon.nova%00/converse', message('Hi'), 400, 'ValidationException'],
    ['a path in a guardrail id', '/guardrail/..%2fx/version/DRAFT/apply', '{}', 400, 'ValidationException'],
    ['a path in a guardrail version', '/guardrail/abc/version/%2e%2e%2fx/apply', '{}', 400, 'ValidationException'],
    ['a Unicode slash', '/model/amazon.nova%E2%88%95x/converse', message('Hi'), 400, 'ValidationException'],
    ['an unknown route', '/model/x/nothing', message('Hi'), 403, 'MissingAuthenticationTokenException'],
  ])('%s is refused', async (_, path, body, status, type) => {
    const answer = await send(path, body === undefined ? {} : { body })
    expect(answer).toMatchObject({ status, type })
    expect(answer.message).toEqual(expect.stringMatching(/\S/))
  })

  test('a wrong method is refused', async () => {
    expect(await send(CONVERSE, { method: 'PUT' })).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    })
  })

  test('a body of 7 MB is refused with the limit, and the connection serves the next request', async () => {
    expect(await converse('x'.repeat(7_000_000))).toMatchObject({
      status: 413,
      type: 'ValidationException',
      message: expect.stringContaining('6 MB'),
    })
    expect((await fetch(`${stack.api}/models`)).status).toBe(200)
  })

  test('a body just below the limit is served', async () => {
    const response = await fetch(stack.api + CONVERSE, {
      method: 'POST',
      body: message('a'.repeat(4_000_000)),
    })
    expect([200, 400]).toContain(response.status)
  })

  test.each([
    '/model/../../etc/passwd',
    '/model/./x/converse',
    '//model//x/converse',
    '/model/x/converse/../../models',
  ])('the raw path %s does not bypass the routes', async (path) => {
    const reply = await sendRaw(
      stack.api,
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
    )
    expect([400, 403, 404]).toContain(reply.statusCode)
    expect(reply.headers['x-amzn-errortype']).toMatch(/Exception$/)
  })

  test('100,000 nested arrays and a forged __proto__ are refused or ignored and do not crash the function', async () => {
    const nested = `{"messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(await send(CONVERSE, { body: nested })).toMatchObject({ status: 400, type: 'ValidationException' })
    const forged = await fetch(stack.api + CONVERSE, {
      method: 'POST',
      body: `{"__proto__":{"messages":7},"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`,
    })
    expect(forged.status).toBe(200)
  })
})

describe("Bedrock's errors", () => {
  test.each([
    ['AccessDeniedException', 403],
    ['ConflictException', 400],
    ['InternalServerException', 500],
    ['ModelErrorException', 424],
    ['ModelNotReadyException', 429],
    ['ModelStreamErrorException', 424],
    ['ModelTimeoutException', 408],
    ['ResourceNotFoundException', 404],
    ['ServiceQuotaExceededException', 400],
    ['ServiceUnavailableException', 503],
    ['ThrottlingException', 429],
    ['ValidationException', 400],
  ])('are returned: %s with %i', async (type, status) => {
    // A client that retries itself, so that the suite does not make three tries.
    const answer = await converse(`Hi [emulator:error=${type}]`, { 'amz-sdk-request': 'attempt=1; max=3' })
    expect(answer).toMatchObject({ status, type })
  })

  test('throttle=2 succeeds by retries for a client that does not retry, and throttle=99 is 429', async () => {
    const text = `Hi ${Math.random()}`
    const response = await fetch(stack.api + CONVERSE, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: `${text} [emulator:throttle=2]` }] }] }),
    })
    expect(response.status).toBe(200)
    expect(await converse(`${text} [emulator:throttle=99]`)).toMatchObject({ status: 429, type: 'ThrottlingException' })
  })
})

describe('a model that stays silent', () => {
  test("ends at the stack's limit", async () => {
    const answer = await converse('Hi [emulator:stall=60000]')
    expect(answer).toMatchObject({
      status: 408,
      type: 'ModelTimeoutException',
      message: expect.stringMatching(/RequestTimeoutSeconds, 6 s/),
    })
    expect(answer.headers.get('x-should-retry')).toBe('false')
  })

  test("ends at the caller's limit", async () => {
    const answer = await converse('Hi [emulator:stall=60000]', { 'x-request-timeout-ms': '800' })
    expect(answer).toMatchObject({ status: 408, message: expect.stringMatching(/x-request-timeout-ms, 800 ms/) })
  })
})

test("Bedrock's headers are passed in both directions", async () => {
  const response = await fetch(`${stack.api}/model/us.amazon.nova-pro-v1%3A0/invoke`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-guardrailidentifier': 'abcdefghijkl',
      'x-amzn-bedrock-guardrailversion': 'DRAFT',
      'x-amzn-bedrock-trace': 'ENABLED',
    },
    body: '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}',
  })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('x-amzn-bedrock-performanceconfig-latency')).toBe('optimized')
  expect(Number(response.headers.get('x-amzn-bedrock-input-token-count'))).toBeGreaterThan(0)
  expect(Number(response.headers.get('x-amzn-bedrock-output-token-count'))).toBeGreaterThan(0)
  expect(await response.json()).toHaveProperty('amazon-bedrock-guardrailAction', 'NONE')
})

describe("Bedrock's id of the request", () => {
  const readLog = (name: string) => readFile(join(stack.stateDirectory, 'logs', `${name}.log`), 'utf8').catch(() => '')

  test.each([
    ['an answer', 'api', 'converse', 'Hi', 200, 'InvokeFunction'],
    ['an error', 'api', 'converse', 'Hi [emulator:error=ModelErrorException]', 424, 'InvokeFunction'],
    ['a stream', 'functionUrl', 'converse-stream', 'Hi', 200, 'StreamFunction'],
    [
      'an error before the first event',
      'api',
      'converse-stream',
      '[emulator:exception=ThrottlingException@0]',
      429,
      'StreamFunction',
    ],
  ] as const)('is in the header and the log of %s', async (_name, server, operation, text, status, functionName) => {
    const response = await fetch(`${stack[server]}${CLAUDE}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'amz-sdk-request': 'attempt=1; max=3' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }),
    })
    await response.arrayBuffer()
    const id = response.headers.get('x-bedrock-functions-bedrock-request-id')
    expect([response.status, id]).toEqual([status, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    expect(id).not.toBe(response.headers.get('x-amzn-requestid'))
    await eventually(async () => (await readLog(functionName)).includes(`"bedrockRequestId":"${id}"`) || undefined)
  })
})

test('GET /models lists only allowed models', async () => {
  const response = await fetch(`${stack.api}/models`)
  const { models, asOf } = (await response.json()) as {
    asOf: string
    models: { invocableAs: { modelId: string; pricePerMillionTokens: { input: number } }[] }[]
  }
  const ids = models.flatMap(({ invocableAs }) => invocableAs.map(({ modelId }) => modelId))
  expect(asOf).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(ids).toContain('global.anthropic.claude-sonnet-4-5-20250929-v1:0')
  expect(ids.filter((id) => !/^(global\.anthropic|amazon|us\.amazon\.nova-pro)[.-]/.test(id))).toEqual([])
})
