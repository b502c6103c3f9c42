import { readCaller } from '@bedrock-functions/runtime/core'

const USER = 'arn:aws:iam::123456789012:user/team/alice'
const SESSION = 'arn:aws:sts::123456789012:assumed-role/app/session-1'
const ROLE = 'arn:aws:sts::123456789012:assumed-role/app'

const restApi = (userArn: string | null, apiKeyId: string | null = null) => ({ identity: { userArn, apiKeyId } })
const functionUrl = (userArn: string | null) => ({ authorizer: { iam: { userArn } } })

test.each([
  ['a user', restApi(USER), USER],
  ['the root user', restApi('arn:aws:iam::123456789012:root'), 'arn:aws:iam::123456789012:root'],
  ['a session of a role', restApi(SESSION), ROLE],
  [
    'a role of another partition',
    restApi('arn:aws-us-gov:sts::123456789012:assumed-role/app/x'),
    'arn:aws-us-gov:sts::123456789012:assumed-role/app',
  ],
  [
    'a federated user',
    restApi('arn:aws:sts::123456789012:federated-user/bob'),
    'arn:aws:sts::123456789012:federated-user/bob',
  ],
  ['a function URL', functionUrl(SESSION), ROLE],
  ['an API key', restApi(null, 'a1b2c3'), 'key:a1b2c3'],
  ['an API key beside a signature', restApi(SESSION, 'a1b2c3'), 'key:a1b2c3'],
])('%s is one caller', (_, requestContext, caller) => {
  expect(readCaller(requestContext, 'ROLE')).toBe(caller)
})

test('sessions are separate callers with the unit SESSION', () => {
  expect(readCaller(restApi(SESSION), 'SESSION')).toBe(SESSION)
  expect(readCaller(functionUrl(SESSION), 'SESSION')).toBe(SESSION)
  expect(readCaller(restApi(null, 'a1b2c3'), 'SESSION')).toBe('key:a1b2c3')
})

test('two roles whose names begin alike are two callers', () => {
  const callers = ['app', 'app-2'].map((role) =>
    readCaller(restApi(`arn:aws:sts::123456789012:assumed-role/${role}/app`), 'ROLE'),
  )
  expect(new Set(callers).size).toBe(2)
})

test.each([
  [undefined],
  [null],
  [{}],
  [{ identity: null, authorizer: null }],
  [{ identity: { userArn: null, apiKeyId: null } }],
  [{ identity: { userArn: '', apiKeyId: '' } }],
  [{ authorizer: { iam: null } }],
  [{ authorizer: { iam: { userArn: null } } }],
  // Values that a caller writes do not name it.
  [{ identity: { userAgent: USER, caller: USER, apiKey: 'secret' }, authorizer: { principalId: USER, userArn: USER } }],
])('%j is an unauthenticated caller', (requestContext) => {
  expect(readCaller(requestContext, 'ROLE')).toBeUndefined()
})
