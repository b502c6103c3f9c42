import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { sendRaw } from '../../support/raw-http.ts'
import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'

let stack: FixtureStack
beforeAll(async () => {
  stack = await startFixtureStack()
})
afterAll(() => stack.close())

/** Returns the event of a request with this target, which clients would normalize. */
async function echo(target: string, headers = '', method = 'GET') {
  const reply = await sendRaw(
    stack.url,
    `${method} ${target} HTTP/1.1\r\nHost: api.example:3000\r\nConnection: close\r\n${headers}\r\n`,
  )
  expect(reply.statusCode).toBe(200)
  return JSON.parse(reply.body)
}

describe('events', () => {
  test('have the shape of API Gateway', async () => {
    const event = await echo('/echo/a/b/c?x=1&x=2&y=a%20b+c&z', 'X-Many: 1\r\nX-Many: 2\r\nUser-Agent: test\r\n')
    expect(event).toMatchObject({
      resource: '/echo/{first}/{rest+}',
      path: '/echo/a/b/c',
      httpMethod: 'GET',
      queryStringParameters: { x: '2', y: 'a b c', z: '' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['a b c'], z: [''] },
      pathParameters: { first: 'a', rest: 'b/c' },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
      requestContext: {
        accountId: '123456789012',
        stage: 'live',
        path: '/live/echo/a/b/c',
        resourcePath: '/echo/{first}/{rest+}',
        httpMethod: 'GET',
        protocol: 'HTTP/1.1',
        domainName: 'api.example',
        // Without a credential, the caller is the banner's user.
        identity: { sourceIp: '127.0.0.1', userAgent: 'test', userArn: 'arn:aws:iam::123456789012:user/local' },
      },
    })
    expect(event.headers['X-Many']).toBe('2')
    expect(event.multiValueHeaders['X-Many']).toEqual(['1', '2'])
    expect(event.headers['X-Amzn-Trace-Id']).toMatch(/^Root=1-[\da-f]{8}-[\da-f]{24}$/)
    expect(event.requestContext.requestTime).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
  })

  test.each([
    ['/echo/a%2Fb/%E2%82%AC', 'a%2Fb', '%E2%82%AC'],
    ['/echo/../x', '..', 'x'],
    ['/echo/%zz/%00', '%zz', '%00'],
    ['/echo/a//', 'a', '/'],
    ['http://elsewhere/echo/a/b', 'a', 'b'],
  ])('%s arrives as it was sent', async (target, first, rest) => {
    const event = await echo(target)
    expect(event.pathParameters).toEqual({ first, rest })
    expect(event.path).toBe(target.replace('http://elsewhere', ''))
  })

  test('a body is text, and bytes that are not UTF-8 are replaced', async () => {
    const body = Buffer.concat([Buffer.from('日本 '), Buffer.from([0xff, 0x00])])
    const response = await fetch(`${stack.url}/echo`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ body: '日本 \ufffd\u0000', isBase64Encoded: false })
  })

  test.each([
    [
      'a signature for any service',
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0\r\n',
      { accessKey: 'AKIDEXAMPLE', userArn: 'arn:aws:iam::123456789012:user/AKIDEXAMPLE' },
    ],
    [
      'a bearer token, which stays out of the identity',
      'Authorization: Bearer secret\r\n',
      { accessKey: null, userArn: 'arn:aws:iam::123456789012:user/key-2bb80d537b', apiKeyId: '2bb80d537b' },
    ],
  ])('the identity comes from %s', async (_name, header, identity) => {
    const { requestContext } = await echo('/echo/a/b', header)
    expect(requestContext.identity).toMatchObject(identity)
    expect(JSON.stringify(requestContext)).not.toContain('secret')
  })
})

describe('the gateway itself answers', () => {
  test('a preflight with the static answer of a mock integration', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const response = await fetch(`${stack.url}/echo`, { method: 'OPTIONS', headers })
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'POST,OPTIONS',
      'access-control-max-age': '300',
      'x-amzn-requestid': expect.any(String),
    })
    expect(stack.summaries.find(({ method }) => method === 'OPTIONS')).toMatchObject({
      statusCode: 204,
      functionName: undefined,
    })
  })

  test.each([
    ['an unknown route', '/nothing', 'GET'],
    ['an empty segment', '/echo//x', 'GET'],
    ['a wrong method', '/echo', 'PUT'],
  ])('%s with the definition’s own gateway response', async (_name, path, method) => {
    const response = await fetch(stack.url + path, { method })
    expect(response.status).toBe(404)
    expect(response.headers.get('x-amzn-errortype')).toBe('UnknownOperationException')
    expect(response.headers.get('x-stage')).toBe('live')
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(await response.json()).toEqual({
      message: 'Missing Authentication Token',
      type: 'MISSING_AUTHENTICATION_TOKEN',
      id: response.headers.get('x-amzn-requestid'),
    })
  })

  test.each([
    ['7 MB, over the limit of Lambda', 7_000_000],
    ['11 MB, over the limit of API Gateway', 11_000_000],
  ])('a body of %s with 413', async (_name, bytes) => {
    const response = await fetch(`${stack.url}/echo`, { method: 'POST', body: Buffer.alloc(bytes, 'a') })
    expect([response.status, await response.text()]).toEqual([413, '{"message":"Request Entity Too Large"}'])
  })

  test('headers of more than 10,240 bytes with 431', async () => {
    const headers = { 'x-large': 'a'.repeat(12_000) }
    const response = await fetch(`${stack.url}/echo`, { method: 'POST', headers })
    expect(response.status).toBe(431)
  })
})

describe('answers of functions', () => {
  test('keep several values of a header and, without binary media types, base64 as text', async () => {
    const response = await fetch(`${stack.url}/binary`)
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(await response.text()).toBe(Buffer.from([0, 255, 1, 254]).toString('base64'))
  })
})

describe('hostile input', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['NUL in the path', 'GET /echo/\0/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a broken preface', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s leaves the gateway serving', async (_name, bytes) => {
    const socket = connectTcp(Number(new URL(stack.url).port), '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'close')
    expect((await fetch(`${stack.url}/echo`, { method: 'POST', body: 'x' })).status).toBe(200)
  })

  test('a truncated body leaves the gateway serving', async () => {
    const socket = connectTcp(Number(new URL(stack.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome', () => socket.resetAndDestroy())
    await once(socket, 'close')
    expect((await fetch(`${stack.url}/echo`, { method: 'POST', body: 'x' })).status).toBe(200)
  })
})

test('answers h2c on the same port', async () => {
  const session = connectHttp2(stack.url)
  const call = session.request({ ':method': 'POST', ':path': '/echo?q=1', 'content-type': 'text/plain' })
  call.end('hello')
  const [headers] = await once(call, 'response')
  let text = ''
  for await (const chunk of call) text += chunk
  session.close()
  expect(headers[':status']).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    body: 'hello',
    path: '/echo',
    requestContext: { protocol: 'HTTP/2.0' },
    headers: { 'content-type': 'text/plain' },
  })
})
