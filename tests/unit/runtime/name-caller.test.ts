import { METADATA_HEADER, nameCaller } from '../../../layers/runtime/src/pipeline/name-caller.ts'

const CALLER = 'arn:aws:sts::123456789012:assumed-role/app'

function namedIn(body: string, caller = CALLER): string {
  return Buffer.from(nameCaller({ headers: {}, body: Buffer.from(body) }, 'body', caller).body).toString()
}

test.each([
  ['{"messages":[]}', `{"requestMetadata":{"caller":"${CALLER}"},"messages":[]}`],
  [' \n{ "a": 1.0 }', ` \n{ "requestMetadata":{"caller":"${CALLER}"},"a": 1.0 }`],
  ['{}', `{"requestMetadata":{"caller":"${CALLER}"}}`],
])('a document %j is otherwise the same bytes', (body, expected) => {
  expect(namedIn(body)).toBe(expected)
})

test.each([
  ['its own entries stay', '{"requestMetadata":{"team":"a"},"x":1}', { team: 'a', caller: CALLER }],
  ['a caller that it names itself does not', '{"requestMetadata":{"caller":"root"}}', { caller: CALLER }],
  ['nor under a name with escapes', '{"request\\u004detadata":{"caller":"root"}}', { caller: CALLER }],
])('of request metadata that a document has %s', (_, body, requestMetadata) => {
  expect(JSON.parse(namedIn(body)).requestMetadata).toEqual(requestMetadata)
})

test('a prompt that only speaks of it is not parsed anew', () => {
  const body = '{"big":12345678901234567890,"text":"\\"requestMetadata\\""}'
  expect(namedIn(body)).toBe(`{"requestMetadata":{"caller":"${CALLER}"},${body.slice(1)}`)
})

test.each(['', 'no JSON', '[1]', '{"requestMetadata":7}', '{"requestMetadata":'])(
  'what Bedrock will refuse goes on as it is: %j',
  (body) => expect(namedIn(body)).toBe(body),
)

test('sixteen entries of a caller leave no room, and none is taken away', () => {
  const requestMetadata = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
  const body = JSON.stringify({ requestMetadata })
  expect(namedIn(body)).toBe(body)
})

test('InvokeModel has it in a header', () => {
  const body = Buffer.from('{"prompt":"p"}')
  const named = nameCaller({ headers: { [METADATA_HEADER]: '{"team":"a"}' }, body }, 'header', 'key:abc')
  expect(JSON.parse(named.headers[METADATA_HEADER] ?? '')).toEqual({ team: 'a', caller: 'key:abc' })
  expect(named.body).toBe(body)
})

test('nobody is nobody, and operations without metadata get none', () => {
  const request = { headers: {}, body: Buffer.from('{}') }
  expect(nameCaller(request, 'body', undefined)).toBe(request)
  expect(nameCaller(request, undefined, CALLER)).toBe(request)
})

test('characters and lengths that Bedrock does not take are changed', () => {
  const named = JSON.parse(namedIn('{}', `a"b\u00fc${'x'.repeat(300)}`))
  expect(named.requestMetadata.caller).toMatch(/^a_b_x+$/)
  expect(named.requestMetadata.caller).toHaveLength(256)
})

test('a long text of escapes, as Python writes every letter that is not ASCII, is gone through once', () => {
  const body = `{"text":"${'\\u65e5\\"'.repeat(200_000)}","n":1}`
  const began = performance.now()
  expect(namedIn(body)).toHaveLength(body.length + `"requestMetadata":{"caller":"${CALLER}"},`.length)
  // Some 10 ms; again from each escape it would be minutes.
  expect(performance.now() - began).toBeLessThan(2000)
})
