import { PLAIN, type RunningS3, startS3, VERSIONED } from './support/start-s3.ts'

const PAGE = 'https://app.example.com'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3({
    corsRules: [
      {
        allowedOrigins: [PAGE, 'https://*.test'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type', 'x-amz-*'],
        exposedHeaders: ['etag', 'x-amz-version-id'],
        maxAgeSeconds: 60,
      },
      { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposedHeaders: [] },
    ],
  })
})
afterAll(() => s3.close())

async function send(method: string, path: string, headers: Record<string, string>) {
  const response = await fetch(`${s3.url}/${path}`, {
    method,
    headers,
    ...(method === 'PUT' && { body: 'bytes' }),
  })
  const cors = Object.fromEntries([...response.headers].filter(([name]) => /^(access-control-|vary)/.test(name)))
  return { status: response.status, cors, text: await response.text() }
}

/** Sends a browser's preflight: may `origin` send `method` with `headers`? */
const preflight = (origin: string, method: string, headers = '', path = `${PLAIN}/key`) =>
  send('OPTIONS', path, {
    origin,
    'access-control-request-method': method,
    ...(headers !== '' && { 'access-control-request-headers': headers }),
  })

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'
const ALLOWED = {
  'access-control-allow-origin': PAGE,
  'access-control-allow-credentials': 'true',
  'access-control-allow-methods': 'GET, PUT',
  'access-control-expose-headers': 'etag, x-amz-version-id',
  'access-control-max-age': '60',
  vary: VARY,
}

describe('a preflight', () => {
  test("that a rule allows is answered with the rule's values", async () => {
    expect(await preflight(PAGE, 'PUT', 'Content-Type,x-amz-meta-a')).toEqual({
      status: 200,
      cors: { ...ALLOWED, 'access-control-allow-headers': 'content-type, x-amz-meta-a' },
      text: '',
    })
  })

  test('from an origin that a pattern allows is answered with that origin', async () => {
    const { status, cors } = await preflight('https://a.test', 'PUT', 'content-type')
    expect([status, cors['access-control-allow-origin']]).toEqual([200, 'https://a.test'])
  })

  test('that only the rule for any origin allows is answered with * and without credentials', async () => {
    expect(await preflight('https://other.example.com', 'GET')).toEqual({
      status: 200,
      cors: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET', vary: VARY },
      text: '',
    })
  })

  test.each([
    ['of another origin', 'https://other.example.com', 'PUT', 'content-type'],
    ['whose origin only begins as an allowed one', `${PAGE}.evil.example`, 'PUT', ''],
    ['for another method', PAGE, 'DELETE', ''],
    ['for another header', PAGE, 'PUT', 'content-type,x-other'],
  ])('%s is refused', async (_, origin, method, headers) => {
    const { status, cors, text } = await preflight(origin, method, headers)
    expect([status, cors]).toEqual([403, {}])
    expect(text).toContain('<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.')
    expect(text).toContain(`<Method>${method}</Method><ResourceType>OBJECT</ResourceType>`)
  })

  test('is refused without rules of the bucket', async () => {
    const { status, text } = await preflight(PAGE, 'GET', '', `${VERSIONED}/key`)
    expect([status, text]).toEqual([
      403,
      expect.stringContaining('<Message>CORSResponse: CORS is not enabled for this bucket.</Message>'),
    ])
  })

  test.each([
    ['an origin', { 'access-control-request-method': 'GET' }, 'Origin request header needed'],
    ['a method', { origin: PAGE }, 'Invalid Access-Control-Request-Method'],
  ])('without %s is a bad request', async (_, headers, message) => {
    const { status, text } = await send('OPTIONS', `${PLAIN}/key`, headers)
    expect([status, text]).toEqual([400, expect.stringContaining(message)])
  })
})

describe('an answer', () => {
  test('to an allowed origin may be read by its page', async () => {
    expect(await send('PUT', `${PLAIN}/key`, { origin: PAGE })).toMatchObject({ status: 200, cors: ALLOWED })
    expect(await send('GET', `${PLAIN}/key`, { origin: PAGE })).toEqual({ status: 200, cors: ALLOWED, text: 'bytes' })
  })

  test('that is an error may also be read', async () => {
    expect(await send('GET', `${PLAIN}/nothing`, { origin: PAGE })).toMatchObject({ status: 404, cors: ALLOWED })
  })

  test('to another origin has no CORS headers', async () => {
    expect(await send('PUT', `${PLAIN}/other`, { origin: 'https://other.example.com' })).toMatchObject({
      status: 200,
      cors: {},
    })
  })

  test('to a request without an origin has no CORS headers', async () => {
    expect(await send('GET', `${PLAIN}/key`, {})).toEqual({ status: 200, cors: {}, text: 'bytes' })
  })
})
