import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { METADATA_HEADER, nameCaller } from '../../../layers/runtime/src/pipeline/name-caller.ts'
import { passStageAtOnce } from '../../support/calls.ts'

const CALLER = 'arn:aws:sts::123456789012:assumed-role/app'

function name(changes: Partial<ModelCall>): ModelCall {
  const call = { operation: 'Converse', modelId: 'm', headers: {}, body: Buffer.from('{}'), replyHeaders: {} } as const
  return passStageAtOnce(nameCaller, { ...call, caller: CALLER, ...changes })
}

function namedIn(body: string, caller = CALLER): string {
  return Buffer.from(name({ body: Buffer.from(body), caller }).body).toString()
}

test.each([
  ['{"messages":[]}', `{"requestMetadata":{"caller":"${CALLER}"},"messages":[]}`],
  [' \n{ "a": 1.0 }', ` \n{"requestMetadata":{"caller":"${CALLER}"}, "a": 1.0 }`],
  ['{}', `{"requestMetadata":{"caller":"${CALLER}"}}`],
])('a document %j gets one member and is otherwise the same bytes', (body, expected) => {
  expect(namedIn(body)).toBe(expected)
})

test.each([
  ['entries of a caller stay', '{"requestMetadata":{"team":"a"},"x":1}', { team: 'a', caller: CALLER }],
  ['a caller in it is replaced', '{"requestMetadata":{"caller":"root"}}', { caller: CALLER }],
  ['a name with escapes is found', '{"request\\u004detadata":{"caller":"root"}}', { caller: CALLER }],
])('request metadata of a document is edited: %s', (_, body, requestMetadata) => {
  expect(JSON.parse(namedIn(body)).requestMetadata).toEqual(requestMetadata)
})

test('a prompt may mention the member', () => {
  const body = '{"big":12345678901234567890,"text":"\\"requestMetadata\\""}'
  expect(namedIn(body)).toBe(`{"requestMetadata":{"caller":"${CALLER}"},${body.slice(1)}`)
})

test('request metadata that is not an object is left for Bedrock to refuse', () => {
  expect(namedIn('{"requestMetadata":7}')).toBe('{"requestMetadata":7}')
})

test('sixteen entries are not changed', () => {
  const requestMetadata = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
  const body = JSON.stringify({ requestMetadata })
  expect(namedIn(body)).toBe(body)
})

test('InvokeModel carries the caller in a header', () => {
  const body = Buffer.from('{"prompt":"p"}')
  const headers = { [METADATA_HEADER]: '{"team":"a"}' }
  const named = name({ operation: 'InvokeModel', headers, body, caller: 'key:abc' })
  expect(JSON.parse(named.headers[METADATA_HEADER] ?? '')).toEqual({ team: 'a', caller: 'key:abc' })
  expect(named.body).toEqual(body)
})

test('an unauthenticated caller is not named', () => {
  const body = Buffer.from('{}')
  expect(name({ body, caller: undefined }).body).toEqual(body)
})

test('characters that Bedrock does not accept are replaced, and long names are truncated', () => {
  const named = JSON.parse(namedIn('{}', `a"b\u00fc${'x'.repeat(300)}`))
  expect(named.requestMetadata.caller).toMatch(/^a_b_x+$/)
  expect(named.requestMetadata.caller).toHaveLength(256)
})

test('a repeated member and a body behind a byte order mark cannot forge the caller', () => {
  const entry = '{"caller":"root"}'
  const own = `{"caller":"${CALLER}"}`
  expect(namedIn(`{"requestMetadata":${entry},"x":1,"requestMetadata":${entry}}`)).toBe(
    `{"requestMetadata":${own},"x":1,"requestMetadata":${own}}`,
  )
  expect(namedIn('{"requestMetadata":{"caller":"root","caller":"admin"}}')).toBe(
    `{"requestMetadata":{"caller":"${CALLER}","caller":"${CALLER}"}}`,
  )
  expect(namedIn(`\uFEFF{"requestMetadata":${entry}}`)).toBe(`\uFEFF{"requestMetadata":${own}}`)
})

test('numbers, order and escapes of a document with request metadata are unchanged', () => {
  const rest = '"n":[12345678901234567890,1.10,1.0,-0,1e400],"pr\\u00e9nom":"\\u65e5","z":1,"a":2'
  expect(namedIn(`{${rest},"requestMetadata":{"team":"a"}}`)).toBe(
    `{${rest},"requestMetadata":{"caller":"${CALLER}","team":"a"}}`,
  )
})
