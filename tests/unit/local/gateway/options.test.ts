import { authParameters, readAuthMode } from '../../../../local/gateway/access/auth-mode.ts'
import { readCredentials } from '../../../../local/gateway/access/signature/credentials.ts'
import { parseAuthorization } from '../../../../local/gateway/access/signature/parse-authorization.ts'

describe('--auth', () => {
  it.each([
    ['open', {}],
    ['key', { Auth: 'KEY' }],
    ['iam', { Auth: 'IAM' }],
  ] as const)('%s sets the parameters %p', (word, parameters) => {
    expect(authParameters(readAuthMode(word, parameters))).toEqual(parameters)
  })

  it('leaves the parameter to who overrides it where nothing is enforced', () => {
    expect(readAuthMode('open', { Auth: 'KEY' })).toBe('open')
  })

  it('refuses other words and contradictions', () => {
    expect(() => readAuthMode('KEY', {})).toThrow('--auth is "KEY", it must be one of open, key, iam')
    expect(() => readAuthMode('key', { Auth: 'IAM' })).toThrow('--auth key means Auth=KEY')
  })
})

describe('local credentials', () => {
  it.each([undefined, '', ' , '])('are local, local by default (%p)', (LOCAL_CREDENTIALS) => {
    const shell = { LOCAL_CREDENTIALS, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'real' }
    expect(readCredentials(shell)).toEqual([{ accessKey: 'local', secretKey: 'local' }])
  })

  it('are several by the variable', () => {
    expect(readCredentials({ LOCAL_CREDENTIALS: 'alice:a:b bob:c' })).toEqual([
      { accessKey: 'alice', secretKey: 'a:b' },
      { accessKey: 'bob', secretKey: 'c' },
    ])
  })

  it('are not quoted where they are none', () => {
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

  it.each([', ', ','])('is read with %p between its parts', (separator) => {
    expect(parseAuthorization(`AWS4-HMAC-SHA256 ${PARTS.join(separator)}`)).toEqual({
      accessKey: 'AKID',
      date: '20260131',
      region: 'us-east-1',
      service: 'lambda',
      signedHeaders: ['host', 'x-amz-date'],
      signature: '0f',
    })
  })

  it.each([
    ['', 'Bearer x', 'AWS4-HMAC-SHA256', `AWS4-ECDSA-P256-SHA256 ${PARTS.join(', ')}`],
    PARTS.map((part) => `AWS4-HMAC-SHA256 ${PARTS.filter((other) => other !== part).join(', ')}`),
    [`AWS4-HMAC-SHA256 ${PARTS.join(', ').replace('aws4_request', 'aws5')}`, 'AWS4-HMAC-SHA256 ,=,=='],
  ])('is none as %j', (...headers) => {
    expect(headers.map(parseAuthorization)).toEqual(headers.map(() => undefined))
  })
})
