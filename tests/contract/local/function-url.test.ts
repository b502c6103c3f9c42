import { get, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { sendRaw } from '../../support/raw-http.ts'
import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'
import { createGate, type Gate } from './support/gate.ts'

let stack: FixtureStack
let gate: Gate
beforeAll(async () => {
  // One worker: the next answer shows whether it has survived.
  stack = await startFixtureStack({
    template: 'function-url.yaml',
    parameters: { Handler: 'function-url.streamed' },
    maxWorkers: 1,
  })
})
afterAll(() => stack.close())
beforeEach(async () => {
  gate = await createGate()
})
afterEach(() => gate.close())

/** Returns the event of a request with this target, which clients would normalize. */
async function echo(target: string, headers = '', method = 'GET') {
  const reply = await sendRaw(
    stack.functionUrl,
    `${method} ${target} HTTP/1.1\r\nHost: abc.example:3001\r\nConnection: close\r\n${headers}\r\n`,
  )
  expect(reply.statusCode).toBe(200)
  return JSON.parse(reply.body.slice(reply.body.indexOf('{'), reply.body.lastIndexOf('}') + 1))
}

async function post(contentType: string | undefined, body: Buffer | string) {
  const headers = contentType === undefined ? undefined : { 'content-type': contentType }
  // Bytes, so that fetch adds no content type.
  const response = await fetch(`${stack.functionUrl}/`, {
    method: 'POST',
    body: Buffer.from(body),
    ...(headers && { headers }),
  })
  return response.json()
}

function request(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${stack.functionUrl}${path}`, resolve).on('error', reject)
  })
}

describe('events', () => {
  test('have the shape of payload format 2.0', async () => {
    const headers = [
      'X-Many: 1',
      'x-many: 2',
      'Cookie: a=1; b=2',
      'User-Agent: test',
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/lambda/aws4_request, Signature=0',
      'X-Amzn-Trace-Id: Root=1-00000000-000000000000000000000000',
    ]
    const event = await echo('/some/path?x=1&x=2&y=a%20b+c', `${headers.join('\r\n')}\r\n`)
    expect(event).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/some/path',
      rawQueryString: 'x=1&x=2&y=a%20b+c',
      cookies: ['a=1', 'b=2'],
      headers: {
        authorization: expect.stringContaining('AKIDEXAMPLE'),
        connection: 'close',
        host: 'abc.example:3001',
        'user-agent': 'test',
        'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000000',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '3001',
        'x-forwarded-proto': 'http',
        'x-many': '1,2',
      },
      queryStringParameters: { x: '1,2', y: 'a b c' },
      requestContext: {
        accountId: '123456789012',
        apiId: expect.stringMatching(/^[a-z\d]{10}$/),
        authentication: null,
        authorizer: {
          iam: {
            accessKey: 'AKIDEXAMPLE',
            accountId: '123456789012',
            callerId: 'AKIDEXAMPLE',
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: 'arn:aws:iam::123456789012:user/AKIDEXAMPLE',
            userId: 'AKIDEXAMPLE',
          },
        },
        domainName: 'abc.example',
        domainPrefix: 'abc',
        http: {
          method: 'GET',
          path: '/some/path',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
        routeKey: '$default',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    })
  })

  test.each(['/a%2Fb/%E2%82%AC', '/echo/../x', '/%zz/%00', '//'])('%s arrives as it was sent', async (target) => {
    const event = await echo(target)
    expect([event.rawPath, event.requestContext.http.path, event.rawQueryString]).toEqual([target, target, ''])
  })

  test('any method arrives, and a caller without credentials is the user of the banner', async () => {
    const { requestContext } = await echo('/', 'Content-Length: 0\r\n', 'PATCH')
    expect(requestContext.http.method).toBe('PATCH')
    expect(requestContext.authorizer.iam).toMatchObject({ userArn: 'arn:aws:iam::123456789012:user/local' })
  })

  test.each(['application/json', 'application/JSON; charset=utf-8', 'text/event-stream', 'application/xml'])(
    'a body of %s is text',
    async (contentType) => {
      expect(await post(contentType, '日本')).toMatchObject({ body: '日本', isBase64Encoded: false })
    },
  )

  test.each(['application/octet-stream', 'application/x-www-form-urlencoded', 'application/jsonlines', undefined])(
    'a body of %s is base64',
    async (contentType) => {
      const body = Buffer.from([0, 255, 1, 254])
      expect(await post(contentType, body)).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true })
    },
  )
})

describe('streams', () => {
  test('deliver status, headers, cookies and each chunk as it is written', async () => {
    const response = await request(`/chunks?gate=${gate.url}`)
    expect(response.statusCode).toBe(207)
    expect(response.headers).toMatchObject({
      'x-first': '1',
      'set-cookie': ['a=1', 'b=2'],
      'x-amzn-requestid': expect.stringMatching(/^[\da-f-]{36}$/),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
    })
    const chunks = response[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('one')
    gate.open()
    expect(String((await chunks.next()).value)).toBe('two')
    expect((await chunks.next()).done).toBe(true)
  })

  test('without metadata are answers with status 200 and the content type of the stream', async () => {
    const response = await request(`/plain?gate=${gate.url}`)
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/csv'])
    const chunks = response[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('a,')
    gate.open()
    expect(String((await chunks.next()).value)).toBe('b')
  })

  test('pass over h2c', async () => {
    const session = connectHttp2(stack.functionUrl)
    const call = session.request({ ':path': `/chunks?gate=${gate.url}` })
    const texts: string[] = []
    for await (const chunk of call) {
      texts.push(String(chunk))
      gate.open()
    }
    session.destroy()
    expect(texts).toEqual(['one', 'two'])
  })

  test('a slow client pauses the function', async () => {
    const bytes = 128 * 1024 * 1024
    const response = await request(`/endless?bytes=${bytes}&gate=${gate.url}`)
    // The reader reads while the function writes. The lead of the function at its end is the content of
    // buffers, which was 33 MB on a busy machine.
    let received = 0
    let whenWritten: number | undefined
    void gate.reached.then(() => {
      whenWritten = received
      gate.open()
    })
    for await (const chunk of response) {
      received += (chunk as Buffer).length
      // Lets the gate answer between two chunks.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await gate.reached
    expect(received).toBe(bytes)
    expect(whenWritten).toBeGreaterThan(bytes / 2)
  })

  test('a client that disconnects does not stop the function, and the worker serves the next request', async () => {
    gate.open()
    const response = await request(`/endless?bytes=${32 * 1024 * 1024}&gate=${gate.url}`)
    response.destroy()
    const workerOfAbandoned = await gate.reached

    const second = await createGate()
    second.open()
    const next = await request(`/endless?bytes=${64 * 1024}&gate=${second.url}`)
    next.resume()
    expect(await second.reached).toBe(workerOfAbandoned)
    second.close()
  })
})

describe('failures', () => {
  test.each(['/throwsFirst?fail=1', '/plainFailure'])(
    'before the first write are answered with 502: %s',
    async (path) => {
      const response = await fetch(stack.functionUrl + path)
      expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error'])
      expect(response.headers.get('x-amzn-requestid')).toMatch(/^[\da-f-]{36}$/)
      expect(stack.summaries.findLast(({ rawPath }) => path.startsWith(rawPath))).toMatchObject({
        server: 'function-url',
        functionName: 'UrlFunction',
        statusCode: 502,
        failure: 'TypeError',
      })
    },
  )

  test.each(['/throwsLater', '/exitsLater'])('after the first write cut the connection: %s', async (path) => {
    const response = await request(`${path}?gate=${gate.url}`)
    expect(response.statusCode).toBe(200)
    const chunks = response[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('some')
    gate.open()
    await expect(chunks.next()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await fetch(`${stack.functionUrl}/`)).status).toBe(200)
  })

  test('after the first write reset the stream of h2c', async () => {
    const session = connectHttp2(stack.functionUrl)
    const call = session.request({ ':path': `/throwsLater?gate=${gate.url}` })
    const read = async () => {
      for await (const _chunk of call) gate.open()
    }
    await expect(read()).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' })
    session.destroy()
  })

  test.each([
    ['7 MB', 'text/plain', 7_000_000],
    ['5 MB that become more in base64', 'image/png', 5_000_000],
  ])('a body of %s is refused', async (_name, contentType, bytes) => {
    const response = await fetch(`${stack.functionUrl}/`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: Buffer.alloc(bytes, 'a'),
    })
    expect([response.status, await response.json()]).toEqual([413, { Message: 'Request Entity Too Large' }])
  })
})

describe('BUFFERED, AuthType NONE', () => {
  let buffered: FixtureStack
  beforeAll(async () => {
    buffered = await startFixtureStack({
      template: 'function-url.yaml',
      parameters: { Handler: 'function-url.buffered', InvokeMode: 'BUFFERED', AuthType: 'NONE' },
    })
  })
  afterAll(() => buffered.close())

  test.each([
    ['text', '"Hello"'],
    ['nothing', 'null'],
    ['object', '{"message":"Hello"}'],
  ])('reads %s as a body of JSON', async (name, body) => {
    const response = await fetch(`${buffered.functionUrl}/${name}`)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      body,
    ])
  })

  test('takes an object with a status for a response', async () => {
    const response = await fetch(`${buffered.functionUrl}/response`)
    expect([response.status, response.headers.get('x-custom'), await response.text()]).toEqual([201, '1', 'made'])
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
  })

  test('decodes base64', async () => {
    const response = await fetch(`${buffered.functionUrl}/binary`)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1, 254])
  })

  test.each(['failure', 'badStatus'])('answers %s with 502', async (name) => {
    const response = await fetch(`${buffered.functionUrl}/${name}`)
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error'])
  })
})
