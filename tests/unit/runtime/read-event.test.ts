import { OPERATIONS } from '@bedrock-functions/runtime/bedrock'
import { readDirectEvent } from '../../../layers/runtime/src/http/read-direct-event.ts'
import { findHttpSource, readHttpEvent } from '../../../layers/runtime/src/http/read-event.ts'
import type { Route } from '../../../layers/runtime/src/http/route.ts'

const restEvent = {
  resource: '/model/{modelId}/converse',
  path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova/converse',
  httpMethod: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Amzn-Bedrock-Trace': 'ENABLED' },
  // Decoded here and not there, so it must never be read.
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
  test('keep an encoded slash inside its segment, have lower-case header names and a body in UTF-8', () => {
    expect(findHttpSource(restEvent)).toBe('rest-api')
    const request = readHttpEvent(restEvent, 'rest-api', 'ROLE')
    expect(request).toMatchObject({
      method: 'POST',
      segments: ['model', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova', 'converse'],
      headers: { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' },
      gatewayRequestId: 'gateway-1',
    })
    expect(Buffer.from(request.body).toString()).toBe('{"text":"日本"}')
  })

  test('have each value of a repeated header, and the last value of a repeated parameter', () => {
    const request = readHttpEvent(
      {
        ...restEvent,
        headers: { Accept: 'text/plain' },
        multiValueHeaders: { Accept: ['application/json', 'text/plain'], 'X-Amzn-Bedrock-Trace': ['ENABLED'] },
        queryStringParameters: { maxResults: '2' },
        multiValueQueryStringParameters: { maxResults: ['1', '2'] },
      },
      'rest-api',
      'ROLE',
    )
    expect(request.headers).toEqual({ accept: 'application/json, text/plain', 'x-amzn-bedrock-trace': 'ENABLED' })
    expect(request.query).toEqual({ maxResults: '2' })
  })

  test("omit a custom domain's base path", () => {
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
  expect(findHttpSource(functionUrlEvent)).toBe('function-url')
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
      headerMembers: OPERATIONS.InvokeModel.headerMembers,
      handle,
    },
    {
      operation: 'StartAsyncInvoke',
      method: 'POST',
      path: '/async-invoke',
      textMembers: ['modelInput', 'input.converse'],
      handle,
    },
  ]
  const bodyOf = (event: object) => JSON.parse(Buffer.from(readDirectEvent(event, routes, 'ROLE').body).toString())

  test('become the same request as over HTTP', () => {
    const event = { operation: 'Converse', modelId: 'a/b', messages: [], unknown: { kept: true } }
    expect(findHttpSource(event)).toBeUndefined()
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

  test.each([
    [{ projectIdentifier: 'proj_1' }, 'x-amzn-bedrock-projectidentifier', 'proj_1'],
    [{ futureIdentifier: 'f' }, 'x-amzn-bedrock-futureidentifier', 'f'],
    [{ reasoningMode: { level: 'high' } }, 'x-amzn-bedrock-reasoning-mode', '{"level":"high"}'],
    [{ constructor: 'x' }, 'x-amzn-bedrock-constructor', 'x'],
  ])('carry the member %j of an operation with a native body as a header', (member, name, value) => {
    const event = { operation: 'InvokeModel', modelId: 'x', body: {}, ...member, guardrailVersion: null }
    expect(readDirectEvent(event, routes, 'ROLE').headers).toEqual({
      'content-type': 'application/json',
      [name]: value,
    })
  })

  const text = '{"messages": [], "additionalModelRequestFields": {"seed": 9007199254740993}}'
  test.each([
    ['Converse', { operation: 'Converse', modelId: 'x', body: text }],
    ['InvokeModel', { operation: 'InvokeModel', modelId: 'x', body: text }],
    ['StartAsyncInvoke', { operation: 'StartAsyncInvoke', body: text }],
  ])('carry the JSON text of a request byte for byte: %s', (_operation, event) => {
    expect(Buffer.from(readDirectEvent(event, routes, 'ROLE').body).toString()).toBe(text)
  })

  test.each([
    ['{"operation":"Converse","modelId":"x","a":[0,{"b":9007199254740993}]}', 'a[1].b is', 'string member body'],
    ['{"operation":"Converse","modelId":"x","b":-1e400}', 'b is', 'string member body'],
    ['{"operation":"InvokeModel","modelId":"x","body":{"seed":1e400}}', 'body.seed is', 'send body as a string'],
    [
      '{"operation":"InvokeModel","modelId":"x","body":[[-9007199254740992]]}',
      'body[0][0] is',
      'send body as a string',
    ],
    ['{"operation":"StartAsyncInvoke","modelInput":{"n":1e16}}', 'modelInput.n is', 'send modelInput as a string'],
    [
      '{"operation":"StartAsyncInvoke","input":{"converse":{"n":[1e16]}}}',
      'input.converse.n[0] is',
      'send input.converse as a string',
    ],
    ['{"operation":"StartAsyncInvoke","tags":9007199254740993}', 'tags is', 'string member body'],
  ])('%s is refused, since its number was rounded before', (event, place, advice) => {
    let message = ''
    try {
      readDirectEvent(JSON.parse(event), routes, 'ROLE')
    } catch (error) {
      expect(error).toMatchObject({ name: 'ValidationException' })
      message = (error as Error).message
    }
    expect(message.startsWith(`${place} a number`)).toBe(true)
    expect(message).toContain(advice)
  })

  test('keep numbers that JavaScript represents exactly', () => {
    const numbers = { least: -9007199254740991, most: 9007199254740991, small: 1e-320 }
    expect(bodyOf({ operation: 'Converse', modelId: 'x', ...numbers })).toEqual(numbers)
  })

  test('are searched for inexact numbers at any depth', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}1e400${']'.repeat(5000)}`)
    const event = { operation: 'Converse', modelId: 'x', deep }
    expect(() => readDirectEvent(event, routes, 'ROLE')).toThrow('deep[0][0]')
  })

  test('may have a time limit and a caller', () => {
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
    [{ operation: 'InvokeModel', modelId: 'x', 'x-amz-date': 'now' }, '"x-amz-date" is not the name of a member'],
    [{ operation: 'Converse', modelId: 'x', body: {} }, 'body must be a string'],
    [{ operation: 'Converse', modelId: 'x', body: '{}', messages: [] }, 'with no other member'],
    [{ operation: 'Converse', modelId: 'x', requestContext: 'me' }, 'requestContext is not an object'],
    [{ operation: 'Converse', modelId: 'x', requestContext: { identity: 5 } }, 'requestContext.identity is not an'],
    [
      { operation: 'Converse', modelId: 'x', requestContext: { identity: { userArn: 5 } } },
      'requestContext.identity.userArn is not a string',
    ],
    [{ operation: 'Converse' }, 'modelId must be'],
    [{ operation: 'Converse', modelId: 7 }, 'modelId must be'],
  ])('%j is refused: %s', (event, message) => {
    expect(() => readDirectEvent(event, routes, 'ROLE')).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(message) }),
    )
  })
})
