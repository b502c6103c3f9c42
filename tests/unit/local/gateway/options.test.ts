import { authParameters, readAuthMode } from '../../../../local/gateway/access/auth-mode.ts'
import { readCredentials } from '../../../../local/gateway/access/signature/credentials.ts'
import { parseAuthorization } from '../../../../local/gateway/access/signature/parse-authorization.ts'

describe('--auth', () => {
  test.each([
    ['open', {}],
    ['key', { Auth: 'KEY' }],
    ['iam', { Auth: 'IAM' }],
  ] as const)('%s sets the parameters %p', (word, parameters) => {
    expect(authParameters(readAuthMode(word, parameters))).toEqual(parameters)
  })

  test('leaves the parameter to its override if nothing is enforced', () => {
    expect(readAuthMode('open', { Auth: 'KEY' })).toBe('open')
  })

  test('refuses other values and contradictions', () => {
    expect(() => readAuthMode('KEY', {})).toThrow('--auth is "KEY", it must be one of open, key, iam')
    expect(() => readAuthMode('key', { Auth: 'IAM' })).toThrow('--auth key means Auth=KEY')
  })
})

describe('local credentials', () => {
  test.each([undefined, '', ' , '])('are local and local by default (%p)', (LOCAL_CREDENTIALS) => {
    const shell = { LOCAL_CREDENTIALS, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'real' }
    expect(readCredentials(shell)).toEqual([{ accessKey: 'local', secretKey: 'local' }])
  })

  test('can be several in the variable', () => {
    expect(readCredentials({ LOCAL_CREDENTIALS: 'alice:a:b bob:c' })).toEqual([
      { accessKey: 'alice', secretKey: 'a:b' },
      { accessKey: 'bob', secretKey: 'c' },
    ])
  })

  test('are not quoted if they are malformed', () => {
    expect(() => readCredentials({ LOCAL_CREDENTIALS: 'alice:a MARKER' })).toThrow(
      /^LOCAL_CREDENTIALS: number 2 is not NAME:SECRET$/,
    )
  })
})

describe('an Authorization header', () => {
  const PARTS = [
    'Credential=AKID/20260131/us-east-1/lambda/aws4_request',
    'SignedHeaders=Host;x-amz-date',
    'Signature=0f',
  ]

  test.each([', ', ','])('is read with %p between its parts', (separator) => {
    expect(parseAuthorization(`AWS4-HMAC-SHA256 ${PARTS.join(separator)}`)).toEqual({
      accessKey: 'AKID',
      date: '20260131',
      region: 'us-east-1',
      service: 'lambda',
      signedHeaders: ['host', 'x-amz-date'],
      signature: '0f',
    })
  })

  test.each([
    ['', 'Bearer x', 'AWS4-HMAC-SHA256', `AWS4-ECDSA-P256-SHA256 ${PARTS.join(', ')}`],
    PARTS.map((part) => `AWS4-HMAC-SHA256 ${PARTS.filter((other) => other !== part).join(', ')}`),
    [`AWS4-HMAC-SHA256 ${PARTS.join(', ').replace('aws4_request', 'aws5')}`, 'AWS4-HMAC-SHA256 ,=,=='],
  ])('is malformed as %j', (...headers) => {
    expect(headers.map(parseAuthorization)).toEqual(headers.map(() => undefined))
  })
})
