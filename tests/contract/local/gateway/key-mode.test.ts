import {
  BedrockRuntimeClient,
  type BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, createAnthropicClient, HANDLERS } from '../../../support/stock-clients.ts'
import { type Gateways, startGateways } from './support/start-gateways.ts'

const ALICE = 'MARKER-of-alice-0123456789'
const BOB = 'MARKER-of-bob-01234567890123'
const MESSAGES = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]
const PATH = `/model/${encodeURIComponent(CLAUDE)}/converse`

let gateways: Gateways
beforeAll(async () => {
  gateways = await startGateways('key')
})
beforeEach(() => gateways.setKeys({ alice: ALICE, bob: BOB }))
afterAll(() => gateways.close())

/** Client with only an endpoint and a key, as the environment gives them. */
function clientWith(token: string, handler: (typeof HANDLERS)[number][1] = () => ({})) {
  return new BedrockRuntimeClient({
    endpoint: gateways.url,
    region: 'us-east-1',
    token: { token },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    ...handler(),
  })
}

const converse = new ConverseCommand({ modelId: CLAUDE, messages: MESSAGES })

/** Returns the caller that the function saw. */
async function callerOf(client: BedrockRuntimeClient) {
  const { output } = await client.send(converse)
  return JSON.parse(output?.message?.content?.[0]?.text ?? '')
}

async function failureOf(client: BedrockRuntimeClient, command: ConverseCommand | ConverseStreamCommand = converse) {
  const error = await client.send(command as ConverseCommand).then(
    () => new Error('it was let in'),
    (caught: BedrockRuntimeServiceException) => caught,
  )
  if (!('$metadata' in error)) throw error
  return { name: error.name, status: error.$metadata.httpStatusCode, message: error.message }
}

const post = (headers: Record<string, string>, path = PATH) =>
  fetch(gateways.url + path, { method: 'POST', headers, body: '{}' })

test.each(HANDLERS)(
  "the AWS SDK is accepted over %s with a key, and the key's id names the caller",
  async (_name, handler) => {
    const { identity, authorizer } = await callerOf(clientWith(ALICE, handler))
    expect(identity).toMatchObject({ apiKeyId: 'alice', apiKey: ALICE, accessKey: null, userArn: null })
    expect(authorizer).toEqual({
      principalId: expect.stringMatching(/^key-[\da-f]{16}$/),
      integrationLatency: expect.any(Number),
    })
  },
)

test('the environment needs only a key', async () => {
  process.env.AWS_BEARER_TOKEN_BEDROCK = BOB
  try {
    const client = new BedrockRuntimeClient({ endpoint: gateways.url, region: 'us-east-1' })
    expect((await callerOf(client)).identity.apiKeyId).toBe('bob')
  } finally {
    delete process.env.AWS_BEARER_TOKEN_BEDROCK
  }
})

test('two concurrent callers stay separate', async () => {
  const clients = [ALICE, BOB, ALICE, BOB].map((token) => clientWith(token))
  const callers = await Promise.all(clients.map(callerOf))
  expect(callers.map(({ identity }) => identity.apiKeyId)).toEqual(['alice', 'bob', 'alice', 'bob'])
  expect(new Set(callers.map(({ authorizer }) => authorizer.principalId)).size).toBe(2)
})

test('streams are accepted with a key and refused without one', async () => {
  const stream = new ConverseStreamCommand({ modelId: CLAUDE, messages: MESSAGES })
  expect((await clientWith(ALICE).send(stream)).$metadata.httpStatusCode).toBe(200)
  expect(await failureOf(clientWith('unknown-key-0123456789'), stream)).toMatchObject({
    name: 'AccessDeniedException',
    status: 403,
  })
})

test('the Anthropic SDK sends the key, too', async () => {
  const client = createAnthropicClient(gateways.url).withOptions({ apiKey: 'unknown-key-0123456789', maxRetries: 0 })
  const error = await client.post(PATH, { body: {} }).catch((caught) => caught)
  expect(error).toMatchObject({ status: 403 })
  expect(gateways.summaries.at(-1)?.failure).toBe('Forbidden: there is no such API key')
})

describe('a request is refused with 403 as AccessDeniedException for', () => {
  test('an unknown key', async () => {
    expect(await failureOf(clientWith('unknown-key-0123456789'))).toEqual({
      name: 'AccessDeniedException',
      status: 403,
      message: 'Forbidden',
    })
  })

  test('a disabled key, from the next request on', async () => {
    await callerOf(clientWith(ALICE))
    gateways.setKeys({ alice: ALICE }, { enabled: false })
    expect(await failureOf(clientWith(ALICE))).toMatchObject({ name: 'AccessDeniedException', status: 403 })
    expect(gateways.summaries.at(-1)?.failure).toBe('Forbidden: the API key alice is disabled')
  })

  test.each([
    ['no token', {}],
    ['a token too short for a key', { authorization: 'Bearer short' }],
    ['a signature', { authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/bedrock/aws4_request' }],
    ['a key in x-api-key, which is no identity source', { 'x-api-key': ALICE }],
  ])('%s, without asking the authorizer', async (_name, headers) => {
    const response = await post(headers)
    expect([response.status, response.headers.get('x-amzn-errortype'), await response.json()]).toEqual([
      403,
      'AccessDeniedException',
      { message: 'Unauthorized' },
    ])
  })
})

test('routes without authorization stay open', async () => {
  expect((await fetch(`${gateways.url}/open`)).status).toBe(200)
})

test('the function URL does not accept a key, only a signature', async () => {
  const response = await fetch(gateways.functionUrl, { headers: { authorization: `Bearer ${ALICE}` } })
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException'])
  expect(await response.json()).toEqual({ Message: expect.stringMatching(/^Forbidden/) })
})

describe('a usage plan', () => {
  let limited: Gateways
  beforeAll(async () => {
    limited = await startGateways('key', { parameters: { RateLimit: '2', BurstLimit: '3', MonthlyQuota: '8' } })
    limited.now = Date.UTC(2026, 0, 31, 23, 59, 50)
    limited.setKeys({ alice: ALICE, bob: BOB })
  })
  afterAll(() => limited.close())

  const statusOf = async (token: string) => {
    const response = await fetch(limited.url + PATH, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{}',
    })
    const type = response.headers.get('x-amzn-errortype')
    const { message } = (await response.json()) as { message?: string }
    return response.ok ? response.status : `${response.status} ${type} ${message}`
  }
  const THROTTLED = '429 ThrottlingException Too Many Requests'
  const EXCEEDED = '429 ThrottlingException Limit Exceeded'

  test('throttles each key above its burst and refills at its rate', async () => {
    const burst = []
    for (let call = 0; call < 4; call += 1) burst.push(await statusOf(ALICE))
    expect(burst).toEqual([200, 200, 200, THROTTLED])
    expect(await statusOf(BOB)).toBe(200)
    limited.now += 1000
    expect([await statusOf(ALICE), await statusOf(ALICE), await statusOf(ALICE)]).toEqual([200, 200, THROTTLED])
  })

  test('ends with its quota and starts again with the month', async () => {
    limited.now += 5000
    expect([await statusOf(ALICE), await statusOf(ALICE), await statusOf(ALICE)]).toEqual([200, 200, 200])
    limited.now += 2000
    expect(await statusOf(ALICE)).toBe(EXCEEDED)
    expect(await statusOf(BOB)).toBe(200)
    limited.now += 5000
    expect(await statusOf(ALICE)).toBe(200)
  })

  test('is overridden by the limits of a key’s own record', async () => {
    limited.setKeys({ alice: ALICE }, { burst: 1, requestsPerSecond: 0.1 })
    expect([await statusOf(ALICE), await statusOf(ALICE)]).toEqual([200, THROTTLED])
  })
})

test('no key is printed or logged', () => {
  const told = JSON.stringify([gateways.summaries, gateways.lines])
  expect(gateways.summaries.length).toBeGreaterThan(5)
  expect(told).not.toContain('MARKER')
})
