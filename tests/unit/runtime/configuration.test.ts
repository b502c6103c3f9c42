import { readConfiguration } from '@bedrock-functions/runtime/core'

test('every setting has a default', () => {
  expect(readConfiguration({})).toEqual({
    allowedModels: ['*'],
    corsAllowOrigin: undefined,
    requestTimeoutMs: 285_000,
    streamSilenceLimitMs: 285_000,
    functionUrlSilenceLimitMs: 600_000,
    connectionTimeoutMs: 3000,
    logErrorMessages: false,
    maxAttempts: 3,
    callerUnit: 'ROLE',
    bedrockDoors: true,
    storesResponses: true,
  })
})

test("the template's settings are read", () => {
  const environment = {
    ALLOWED_MODELS: 'amazon.*, us.anthropic.*',
    REQUEST_TIMEOUT_SECONDS: '2',
    AWS_MAX_ATTEMPTS: '1',
  }
  expect(readConfiguration(environment)).toMatchObject({
    allowedModels: ['amazon.*', 'us.anthropic.*'],
    requestTimeoutMs: 2000,
    maxAttempts: 1,
  })
})

test.each([
  ['REQUEST_TIMEOUT_SECONDS', '0', 'from 1 to 899'],
  ['REQUEST_TIMEOUT_SECONDS', 'soon', 'from 1 to 899'],
  ['AWS_MAX_ATTEMPTS', '1.5', 'from 1 to 10'],
  ['CONNECTION_TIMEOUT_MS', '10', 'from 100 to 60000'],
  ['ALLOWED_MODELS', 'a,,b', 'empty'],
  ['ALLOWED_MODELS', '', 'empty'],
  ['ALLOWED_MODELS', 'a b', 'white space'],
])('%s=%s is refused with the reason', (name, value, reason) => {
  expect(() => readConfiguration({ [name]: value })).toThrow(expect.objectContaining({ name: 'ConfigurationError' }))
  expect(() => readConfiguration({ [name]: value })).toThrow(new RegExp(`${name}.*${reason}`))
})
