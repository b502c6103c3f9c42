import { readDirectEvent } from '../../../layers/runtime/src/http/read-direct-event.ts'
import { findEventSource, readHttpEvent } from '../../../layers/runtime/src/http/read-event.ts'
import type { Route } from '../../../layers/runtime/src/http/route.ts'

const restEvent = {
  resource: '/model/{modelId}/converse',
  path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova/converse',
  httpMethod: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Amzn-Bedrock-Trace': 'ENABLED' },
  // Already decoded here and not there: never to be read.
  pathParameters: { modelId: 'wrong' },
  requestContext: { requestId: 'gateway-1' },
  body: '{"text":"日本"}',
  isBase64Encoded: false,
}

const functionUrlEvent = {
  version: '2.0',
  rawPath: '/model/amazon.nova-lite-v1%3A0/invoke',
  headers: { accept: '*/*' },
  requestContext: { requestId: 'url-1', http: { method: 'POST' } },
  body: Buffer.from([0xff, 0x00]).toString('base64'),
  isBase64Encoded: true,
}

describe('REST API events', () => {
  test('keep an encoded slash inside its segment, lower the header names and take the body as UTF-8', () => {
    expect(findEventSource(restEvent)).toBe('rest-api')
    const request = readHttpEvent(restEvent, 'rest-api', 'ROLE')
    expect(request).toMatchObject({
      method: 'POST',
      segments: ['model', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova', 'converse'],
      headers: { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' },
      gatewayRequestId: 'gateway-1',
    })
    expect(Buffer.from(request.body).toString()).toBe('{"text":"日本"}')
  })

  test("leave out a custom domain's base path", () => {
    const { segments } = readHttpEvent({ ...restEvent, path: '/base/model/x/converse' }, 'rest-api', 'ROLE')
    expect(segments).toEqual(['model', 'x', 'converse'])
  })

  test.each(['/model/%/converse', '/model/%zz/converse', '/model/%c3%28/converse'])('refuse %s', (path) => {
    expect(() => readHttpEvent({ ...restEvent, path }, 'rest-api', 'ROLE')).toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    )
  })
})

test('function-URL events carry binary bodies', () => {
  expect(findEventSource(functionUrlEvent)).toBe('function-url')
  const request = readHttpEvent(functionUrlEvent, 'function-url', 'ROLE')
  expect(request).toMatchObject({ method: 'POST', segments: ['model', 'amazon.nova-lite-v1:0', 'invoke'] })
  expect([...request.body]).toEqual([0xff, 0x00])
})

describe('direct events', () => {
  const handle = () => Promise.reject(new Error('not called here'))
  const routes: Route[] = [
    { operation: 'Converse', method: 'POST', path: '/model/{modelId}/converse', handle },
    {
      operation: 'InvokeModel',
      method: 'POST',
      path: '/model/{modelId}/invoke',
      headerMembers: { contentType: 'content-type', guardrailVersion: 'x-amzn-bedrock-guardrailversion' },
      handle,
    },
  ]
  const bodyOf = (event: object) => JSON.parse(Buffer.from(readDirectEvent(event, routes, 'ROLE').body).toString())

  test('become the request that they would be over HTTP', () => {
    const event = { operation: 'Converse', modelId: 'a/b', messages: [], unknown: { kept: true } }
    expect(findEventSource(event)).toBe('direct')
    expect(readDirectEvent(event, routes, 'ROLE')).toMatchObject({
      method: 'POST',
      segments: ['model', 'a/b', 'converse'],
    })
    expect(bodyOf(event)).toEqual({ messages: [], unknown: { kept: true } })
  })

  test('carry a native body and its headers', () => {
    const event = { operation: 'InvokeModel', modelId: 'x', body: { prompt: 'p' }, guardrailVersion: 'DRAFT' }
    expect(readDirectEvent(event, routes, 'ROLE').headers).toEqual({
      'content-type': 'application/json',
      'x-amzn-bedrock-guardrailversion': 'DRAFT',
    })
    expect(bodyOf(event)).toEqual({ prompt: 'p' })
    expect(readDirectEvent({ ...event, contentType: '"山"' }, routes, 'ROLE').headers['content-type']).toBe('"\\u5c71"')
    expect(bodyOf({ ...event, body: '{"prompt":"text"}' })).toEqual({ prompt: 'text' })
  })

  test('may say how long they wait, and who called', () => {
    const identity = { userArn: 'arn:aws:sts::123456789012:assumed-role/app/session' }
    const event = { operation: 'Converse', modelId: 'x', requestTimeoutSeconds: 1.5, requestContext: { identity } }
    const request = readDirectEvent(event, routes, 'ROLE')
    expect(request.headers['x-request-timeout-ms']).toBe('1500')
    expect(request.caller).toBe('arn:aws:sts::123456789012:assumed-role/app')
    expect(bodyOf(event)).toEqual({})
  })

  test.each([
    [{ operation: 'Converse', modelId: 'x', requestTimeoutSeconds: '5' }, 'requestTimeoutSeconds must be'],
    [{}, 'operation is missing'],
    [null, 'operation is missing'],
    [{ operation: 'Nothing' }, 'operation is unknown'],
    [{ operation: 'InvokeModel', modelId: 'x', contentType: 'a\r\nb: c' }, 'contentType holds a control character'],
    [{ operation: 'Converse' }, 'modelId must be'],
    [{ operation: 'Converse', modelId: 7 }, 'modelId must be'],
  ])('%j is refused: %s', (event, message) => {
    expect(() => readDirectEvent(event, routes, 'ROLE')).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(message) }),
    )
  })
})
