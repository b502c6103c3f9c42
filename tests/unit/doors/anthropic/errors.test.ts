import { BedrockError, RestError } from '@bedrock-functions/runtime/core'
import { toErrorReply } from '../../../../layers/runtime/src/doors/anthropic/errors.ts'

function show(error: RestError) {
  const { statusCode, headers, body } = toErrorReply(error)
  return { statusCode, headers, body: JSON.parse(Buffer.from(body).toString()) }
}

test.each([
  ['ValidationException', 400, 'invalid_request_error', undefined],
  ['AccessDeniedException', 403, 'permission_error', undefined],
  ['ResourceNotFoundException', 404, 'not_found_error', undefined],
  ['ThrottlingException', 429, 'rate_limit_error', undefined],
  ['ServiceQuotaExceededException', 429, 'rate_limit_error', 'false'],
  ['ModelNotReadyException', 529, 'overloaded_error', undefined],
  ['ServiceUnavailableException', 529, 'overloaded_error', undefined],
  ['ModelTimeoutException', 504, 'timeout_error', 'false'],
  ['ModelErrorException', 500, 'api_error', 'false'],
  ['InternalServerException', 500, 'api_error', undefined],
] as const)('%s becomes the status %i with the type %s, and x-should-retry is %s', (name, statusCode, type, retry) => {
  const reply = show(new BedrockError(name, "Bedrock's words."))
  expect(reply.statusCode).toBe(statusCode)
  expect(reply.body).toEqual({ type: 'error', error: { type, message: "Bedrock's words." } })
  expect(reply.headers['x-amzn-errortype']).toBe(name)
  expect(reply.headers['x-should-retry']).toBe(retry)
})

test.each([
  [401, 'authentication_error'],
  [413, 'request_too_large'],
])('the status %i has the type %s', (statusCode, type) => {
  expect(show(new RestError('Other', statusCode, 'x')).body.error.type).toBe(type)
})

test("Bedrock's headers are kept, and its request id is in the body and in the header of the contract", () => {
  const headers = { 'retry-after': '7', 'x-bedrock-functions-bedrock-request-id': 'r-1' }
  const reply = show(new BedrockError('ThrottlingException', 'x', { headers }))
  expect(reply.headers).toMatchObject({ ...headers, 'request-id': 'r-1' })
  expect(reply.body.request_id).toBe('r-1')
})
