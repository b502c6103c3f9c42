import { authorize } from '../../../functions/authorize/authorize.ts'
import { handler } from '../../../functions/authorize/handler.ts'

const METHOD = 'arn:aws:execute-api:us-east-1:123456789012:abc123/v1/POST/model/arn%3Aaws%3Abedrock%3A%2Fx/converse'
const KEY = 'MARKER-0123456789abcdefghijklmnopqrst'

const event = (authorizationToken: string, methodArn = METHOD) => ({
  type: 'TOKEN' as const,
  authorizationToken,
  methodArn,
})

const policy = (Effect: string) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect, Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:us-east-1:123456789012:abc123/v1/*/*' },
  ],
})

test('a token is passed on as the key, allows every route of the stage, and names the caller by a hash', () => {
  expect(authorize(event(`Bearer ${KEY}`))).toEqual({
    principalId: expect.stringMatching(/^key-[\da-f]{16}$/),
    policyDocument: policy('Allow'),
    usageIdentifierKey: KEY,
  })
})

test('equal keys give the same caller, and different keys different callers', () => {
  const nameOf = (key: string) => authorize(event(`Bearer ${key}`)).principalId
  expect(nameOf(KEY)).toBe(nameOf(KEY))
  expect(nameOf(KEY)).not.toBe(nameOf(`${KEY}x`))
})

test.each([
  ['20 characters', `Bearer ${'a'.repeat(20)}`],
  ['128 characters', `Bearer ${'a'.repeat(128)}`],
  ['every character that can be seen', `Bearer !"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~09azAZ`],
  ['the scheme in lower case', `bearer ${'a'.repeat(20)}`],
])('a key of %s is accepted', (_name, token) => {
  expect(authorize(event(token))).toMatchObject({ policyDocument: policy('Allow'), usageIdentifierKey: token.slice(7) })
})

test.each([
  ['nothing', ''],
  ['no scheme', KEY],
  ['another scheme', `Basic ${KEY}`],
  ['a signature', `AWS4-HMAC-SHA256 Credential=${KEY}/20260101/us-east-1/bedrock/aws4_request`],
  ['19 characters', `Bearer ${'a'.repeat(19)}`],
  ['129 characters', `Bearer ${'a'.repeat(129)}`],
  ['a space inside', `Bearer ${KEY} ${KEY}`],
  ['a line break', `Bearer ${KEY}\n`],
  ['what is not ASCII', `Bearer ${KEY}é`],
])('%s is denied without quoting it', (_name, token) => {
  const answer = authorize(event(token))
  expect(answer).toEqual({ principalId: 'anonymous', policyDocument: policy('Deny') })
})

test('the ARN of the root path and of other partitions is accepted', () => {
  const stage = 'arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc123/v1'
  expect(authorize(event(`Bearer ${KEY}`, `${stage}/GET/`)).policyDocument.Statement[0]).toMatchObject({
    Resource: `${stage}/*/*`,
  })
})

test('an ARN that is not a method is an error that does not quote the token', () => {
  expect(() => authorize(event(`Bearer ${KEY}`, 'arn:aws:lambda:us-east-1:123456789012:function:x'))).toThrow(
    'methodArn is not the ARN of an API method',
  )
})

test('the authorizer prints nothing', async () => {
  const written = jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
  const errors = jest.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const logged = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation(() => {}),
  )
  await handler(event(`Bearer ${KEY}`))
  await handler(event(`Bearer ${KEY} no`))
  const calls = [written, errors, ...logged].map(({ mock }) => mock.calls.length)
  jest.restoreAllMocks()
  expect(calls).toEqual(calls.map(() => 0))
})

describe('of the event of a REQUEST authorizer', () => {
  const request = (headers: Record<string, string> | null) =>
    authorize({ type: 'REQUEST', methodArn: METHOD, headers } as unknown as Parameters<typeof authorize>[0])

  test.each([
    ['a bearer token', { Authorization: `Bearer ${KEY}` }],
    ['x-api-key', { 'X-Api-Key': KEY }],
    ['both, of which the bearer token counts', { authorization: `Bearer ${KEY}`, 'x-api-key': `${KEY}-other` }],
    ['a signature beside x-api-key', { authorization: 'AWS4-HMAC-SHA256 Credential=x', 'x-api-key': KEY }],
  ])('the key may be in %s', (_name, headers) => {
    expect(request(headers)).toMatchObject({ policyDocument: policy('Allow'), usageIdentifierKey: KEY })
  })

  test.each([
    ['no headers', null],
    ['no key', {}],
    ['a key that is too short', { 'x-api-key': 'short' }],
  ])('with %s it is unauthorized', (_name, headers) => {
    expect(() => request(headers)).toThrow(/^Unauthorized$/)
  })
})
