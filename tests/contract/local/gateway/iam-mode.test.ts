import { createHash, createHmac } from 'node:crypto'
import { connect } from 'node:http2'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, HANDLERS } from '../../../support/stock-clients.ts'
import { type Gateways, startGateways } from './support/start-gateways.ts'

const PATH = `/model/${encodeURIComponent(CLAUDE)}/converse`
const MESSAGES = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]
const converse = new ConverseCommand({ modelId: CLAUDE, messages: MESSAGES })

let gateways: Gateways
beforeAll(async () => {
  gateways = await startGateways('iam', { environment: { LOCAL_CREDENTIALS: 'alice:of/alice+= bob:of-bob' } })
})
beforeEach(() => {
  gateways.now = Date.now()
})
afterAll(() => gateways.close())

const ALICE = { accessKeyId: 'alice', secretAccessKey: 'of/alice+=' }

function clientFor(service: string, changes: BedrockRuntimeClientConfig = {}) {
  const configuration = {
    endpoint: gateways.url,
    region: 'us-east-1',
    credentials: ALICE,
    maxAttempts: 1,
    // The client uses this option, but its types do not declare it.
    signingName: service,
    ...changes,
  }
  return new BedrockRuntimeClient(configuration)
}

async function failureOf(client: BedrockRuntimeClient) {
  const error = await client.send(converse).catch((caught) => caught)
  return { name: error.name, status: error.$metadata?.httpStatusCode, message: error.message }
}

interface RawRequest {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly body?: string
  /** Milliseconds since 1970. */
  readonly at?: number
  readonly service?: string
  readonly region?: string
  readonly secret?: string
  readonly accessKey?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Signs a request by the specification, without an SDK, since the verifier and the SDK's signer could share a mistake. `path`
 * is encoded twice in the signed text and once on the wire.
 * Source: IAM user guide, "Create a signed AWS API request".
 */
function signRaw({
  method = 'POST',
  path = PATH,
  query = '',
  body = '{}',
  at = gateways.now,
  service = 'execute-api',
  region = 'us-east-1',
  secret = ALICE.secretAccessKey,
  accessKey = 'alice',
  headers: extra = {},
}: RawRequest = {}) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const date = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const headers: Record<string, string> = { ...extra, host: new URL(gateways.url).host, 'x-amz-date': date }
  const names = Object.keys(headers).sort()
  const canonical = [
    method,
    path.split('/').map(encodeURIComponent).join('/'),
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n')
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((derived, part) => hmac(derived, part), `AWS4${secret}`)
  const signature = hmac(key, toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  const { host: _, ...sent } = headers
  const signed: Record<string, string> & { authorization: string } = { ...sent, authorization }
  return { method, url: gateways.url + path + (query && `?${query}`), body, headers: signed }
}

interface SentRequest {
  readonly url: string
  readonly method: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

async function answerTo({ url, method, body, headers }: SentRequest) {
  const response = await fetch(url, { method, headers, ...(method !== 'GET' && { body }) })
  const { message } = (await response.json()) as { message?: string }
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), message }
}

const INVALID = { status: 403, type: 'InvalidSignatureException' }
const MISMATCH = { ...INVALID, message: expect.stringMatching(/^The request signature we calculated does not match/) }

describe('a valid signature', () => {
  test.each(HANDLERS)('of the AWS SDK over %s passes and names the caller', async (_name, handler) => {
    const { output } = await clientFor('execute-api', handler()).send(converse)
    expect(JSON.parse(output?.message?.content?.[0]?.text ?? '')).toEqual({
      identity: expect.objectContaining({
        accessKey: 'alice',
        userArn: 'arn:aws:iam::123456789012:user/alice',
        apiKeyId: null,
        apiKey: null,
      }),
    })
  })

  test.each([
    ['that stands alone', {}],
    ['with a query', { query: 'a=1&b=%20x%2Fy&c=' }],
    ['with an ARN in its path', { path: `/model/${encodeURIComponent('arn:aws:bedrock:us-east-1::x/y')}/converse` }],
    ['with headers that SDKs do not sign', { headers: { 'user-agent': 'test', 'x-amzn-trace-id': 'Root=1' } }],
    [
      'with a hash of its body',
      { headers: { 'x-amz-content-sha256': createHash('sha256').update('{}').digest('hex') } },
    ],
    ['of almost five minutes ago', { at: Date.now() - 290_000 }],
    ['of another user', { accessKey: 'bob', secret: 'of-bob' }],
  ])('of the specification passes: %s', async (_name, request: RawRequest) => {
    expect(await answerTo(signRaw(request))).toMatchObject({ status: 200 })
  })

  test('over HTTP/2 without a library passes', async () => {
    const { headers, body } = signRaw()
    const session = connect(gateways.url)
    const call = session.request({ ':method': 'POST', ':path': PATH, ...headers })
    call.end(body)
    const status = await new Promise((resolve) => call.once('response', (head) => resolve(head[':status'])))
    session.close()
    expect(status).toBe(200)
  })

  test('opens a stream, and one for the service lambda opens it at the function URL', async () => {
    const stream = new ConverseStreamCommand({ modelId: CLAUDE, messages: MESSAGES })
    expect((await clientFor('execute-api').send(stream)).$metadata.httpStatusCode).toBe(200)
    const direct = clientFor('lambda', { endpoint: gateways.functionUrl })
    expect((await direct.send(stream)).$metadata.httpStatusCode).toBe(200)
  })
})

describe('the gateway refuses', () => {
  test('a body that differs from the signed one, also if its hash is sent', async () => {
    const replayed = { ...signRaw(), body: '{"other":1}' }
    expect(await answerTo(replayed)).toEqual(MISMATCH)
    const sha256 = createHash('sha256').update('{}').digest('hex')
    const announced = { ...signRaw({ headers: { 'x-amz-content-sha256': sha256 } }), body: '{"other":1}' }
    expect(await answerTo(announced)).toEqual(MISMATCH)
  })

  test.each([
    ['another path', { url: (url: string) => url.replace('converse', 'converse-stream') }],
    ['another query', { url: (url: string) => `${url}?a=2` }],
  ])('%s than the signed one', async (_name, { url }) => {
    const signed = signRaw()
    expect(await answerTo({ ...signed, url: url(signed.url) })).toEqual(MISMATCH)
  })

  test('a signed header that has changed', async () => {
    const signed = signRaw({ headers: { 'x-tenant': 'one' } })
    expect(await answerTo({ ...signed, headers: { ...signed.headers, 'x-tenant': 'two' } })).toEqual(MISMATCH)
    const { 'x-tenant': _, ...others } = signed.headers
    expect(await answerTo({ ...signed, headers: others })).toEqual(MISMATCH)
  })

  test('a wrong secret', async () => {
    expect(
      await failureOf(clientFor('execute-api', { credentials: { ...ALICE, secretAccessKey: 'x' } })),
    ).toMatchObject({
      name: 'InvalidSignatureException',
      status: 403,
    })
  })

  test('a signature that is not a hash', async () => {
    const signed = signRaw()
    const authorization = signed.headers.authorization.replace(/Signature=.*/, `Signature=${'é'.repeat(64)}`)
    const latin = Buffer.from(authorization, 'utf8').toString('latin1')
    expect(await answerTo({ ...signed, headers: { ...signed.headers, authorization: latin } })).toEqual(MISMATCH)
  })

  test('a signature that is more than five minutes old or in the future', async () => {
    const at = Date.UTC(2026, 0, 31, 12, 0, 0)
    gateways.now = at + 301_000
    expect(await answerTo(signRaw({ at }))).toEqual({
      ...INVALID,
      message: 'Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z (20260131T120501Z - 5 min.)',
    })
    gateways.now = at - 301_000
    expect(await answerTo(signRaw({ at }))).toEqual({
      ...INVALID,
      message: expect.stringMatching(/^Signature not yet current: 20260131T120000Z is still later than/),
    })
  })

  test('an unknown access key, and a session token', async () => {
    const unknown = { status: 403, type: 'UnrecognizedClientException' }
    expect(await answerTo(signRaw({ accessKey: 'eve' }))).toMatchObject(unknown)
    expect(await answerTo(signRaw({ headers: { 'x-amz-security-token': 'x' } }))).toMatchObject(unknown)
  })

  test('a signature for Bedrock, with a hint', async () => {
    expect(await failureOf(clientFor('bedrock'))).toEqual({
      name: 'InvalidSignatureException',
      status: 403,
      message:
        "Credential should be scoped to correct service: 'execute-api'. An AWS SDK signs for bedrock unless its signing name is execute-api; see docs/callers.md.",
    })
  })

  test('a signature for another region', async () => {
    expect(await answerTo(signRaw({ region: 'eu-west-1' }))).toEqual({
      ...INVALID,
      message: 'Credential should be scoped to a valid region.',
    })
  })

  test('a missing or malformed signature', async () => {
    const signed = signRaw()
    const { authorization: _, ...unsigned } = signed.headers
    expect(await answerTo({ ...signed, headers: unsigned })).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    })
    for (const authorization of [
      'Bearer MARKER-0123456789',
      'AWS4-HMAC-SHA256 Credential=x',
      signed.headers.authorization,
    ]) {
      const { message, ...answer } = await answerTo({ ...signed, headers: { authorization } })
      expect(answer).toEqual({ status: 403, type: 'IncompleteSignatureException' })
      expect(message).not.toContain('MARKER')
    }
  })

  test.each([
    ['no signature', {}, /^Forbidden/],
    ['a bearer token', { authorization: 'Bearer x' }, /^Forbidden/],
    ['a signature for the API', { authorization: '' }, /^Credential should be scoped to correct service: 'lambda'/],
  ])('%s at the function URL', async (_name, headers: Record<string, string>, message) => {
    const sent = headers.authorization === '' ? signRaw().headers : headers
    const response = await fetch(gateways.functionUrl, { method: 'POST', headers: sent, body: '{}' })
    expect(response.status).toBe(403)
    expect(await response.json()).toEqual({ Message: expect.stringMatching(message) })
  })
})

test('the local credentials are local and local unless the shell sets others', async () => {
  const others = await startGateways('iam')
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  expect((await clientFor('execute-api', { endpoint: others.url, credentials }).send(converse)).stopReason).toBe(
    'end_turn',
  )
  expect(await failureOf(clientFor('execute-api', { endpoint: others.url }))).toMatchObject({
    name: 'UnrecognizedClientException',
  })
  await others.close()
})
