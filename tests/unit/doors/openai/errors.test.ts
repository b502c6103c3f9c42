import { BedrockError, RestError } from '@bedrock-functions/runtime/core'
import { invalidRequest, toErrorReply } from '../../../../layers/runtime/src/doors/openai/errors.ts'

function show(error: RestError) {
  const { statusCode, headers, body } = toErrorReply(error)
  return { statusCode, headers, body: JSON.parse(Buffer.from(body).toString()) }
}

test.each([
  ['ValidationException', 400, 'invalid_request_error', null, null],
  ['AccessDeniedException', 403, 'permission_error', null, null],
  ['ResourceNotFoundException', 404, 'invalid_request_error', 'model', 'model_not_found'],
  ['ThrottlingException', 429, 'rate_limit_error', null, 'rate_limit_exceeded'],
  ['ModelNotReadyException', 429, 'server_error', null, 'model_not_ready'],
  ['ServiceQuotaExceededException', 429, 'insufficient_quota', null, 'insufficient_quota'],
  ['ModelTimeoutException', 408, 'server_error', null, 'timeout'],
  ['ModelErrorException', 502, 'server_error', null, 'model_error'],
  ['InternalServerException', 500, 'server_error', null, null],
  ['ServiceUnavailableException', 503, 'server_error', null, 'service_unavailable'],
] as const)('%s becomes the status %i with the type %s', (name, statusCode, type, param, code) => {
  const reply = show(new BedrockError(name, "Bedrock's words."))
  expect(reply.statusCode).toBe(statusCode)
  expect(reply.body).toEqual({ error: { message: "Bedrock's words.", type, param, code } })
  expect(reply.headers['x-amzn-errortype']).toBe(name)
})

test('a request with a wrong key has the code invalid_api_key', () => {
  const { body } = show(new RestError('UnauthorizedException', 401, 'Unauthorized'))
  expect(body.error).toEqual({
    message: 'Unauthorized',
    type: 'authentication_error',
    param: null,
    code: 'invalid_api_key',
  })
})

test('an error of a member names its path', () => {
  const { body } = show(invalidRequest('logit_bias', 'logit_bias is not supported.', 'unsupported_parameter'))
  expect(body.error).toMatchObject({ param: 'logit_bias', code: 'unsupported_parameter' })
})

test.each([
  ['ModelTimeoutException', 'false'],
  ['ModelErrorException', 'false'],
  ['ServiceQuotaExceededException', 'false'],
  ['ThrottlingException', undefined],
  ['InternalServerException', undefined],
] as const)('the header x-should-retry of %s is %s', (name, expected) => {
  expect(show(new BedrockError(name, 'x')).headers['x-should-retry']).toBe(expected)
})

test("the headers of Bedrock's error are kept, and its request id is OpenAI's, too", () => {
  const headers = { 'retry-after': '7', 'x-bedrock-functions-bedrock-request-id': 'r-1' }
  expect(show(new BedrockError('ThrottlingException', 'x', { headers })).headers).toMatchObject({
    ...headers,
    'x-request-id': 'r-1',
  })
})
