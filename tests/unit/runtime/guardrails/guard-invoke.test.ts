import type { ModelCall } from '../../../../layers/runtime/src/core/model-call.ts'
import type { GuardrailOptions } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-options.ts'
import { createGuardrailStage } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-stage.ts'
import { passStageAtOnce, UNCALLED } from '../../../support/calls.ts'

const OWN = {
  guardrailIdentifier: 'abc123',
  guardrailArn: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123',
  guardrailVersion: '1',
}
const HEADERS = {
  'content-type': 'application/json',
  'x-amzn-bedrock-guardrailidentifier': 'abc123',
  'x-amzn-bedrock-guardrailversion': '1',
}

function guard(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  options: Partial<GuardrailOptions> = {},
  operation: ModelCall['operation'] = 'InvokeModelWithResponseStream',
): { headers: ModelCall['headers']; body: string } {
  const guarded = passStageAtOnce(createGuardrailStage({ ...OWN, ...options }, UNCALLED), {
    operation,
    modelId: 'amazon.nova-lite-v1:0',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(body),
    caller: undefined,
    replyHeaders: {},
  })
  return { headers: guarded.headers, body: Buffer.from(guarded.body).toString() }
}

const CONFIG = 'amazon-bedrock-guardrailConfig'

test('the guardrail is in headers, and the body is unchanged', () => {
  const body =
    '{"n":12345678901234567890,"prompt":"amazon-bedrock-guardrailConfig, \\"amazon-bedrock-guardrailConfig\\""}'
  expect(guard(body, { 'x-amzn-bedrock-accept': 'a' })).toEqual({
    headers: { ...HEADERS, 'x-amzn-bedrock-accept': 'a' },
    body,
  })
})

test.each<Record<string, string>>([
  { 'x-amzn-bedrock-guardrailidentifier': 'abc123', 'x-amzn-bedrock-guardrailversion': '1' },
  { 'x-amzn-bedrock-guardrailidentifier': 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123' },
  { 'x-amzn-bedrock-guardrailidentifier': '', 'x-amzn-bedrock-guardrailversion': '' },
])("the stack's guardrail may be named: %j", (headers) => {
  expect(guard('{}', headers).headers).toEqual(HEADERS)
})

test.each<Record<string, string>>([
  { 'x-amzn-bedrock-guardrailidentifier': 'other', 'x-amzn-bedrock-guardrailversion': '1' },
  { 'x-amzn-bedrock-guardrailidentifier': 'abc123, other' },
  { 'x-amzn-bedrock-guardrailidentifier': 'arn:aws:bedrock:us-east-1:999999999999:guardrail/abc123' },
  { 'x-amzn-bedrock-guardrailidentifier': 'arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123' },
  { 'x-amzn-bedrock-guardrailversion': 'DRAFT' },
])('another guardrail is refused: %j', (headers) => {
  expect(() => guard('{}', headers)).toThrow(/names another guardrail than this stack's, abc123 in version 1/)
})

test("the caller's trace is used, or the stack's by default", () => {
  const header = 'x-amzn-bedrock-trace'
  expect(guard('{}', {}, { trace: 'enabled' }).headers[header]).toBe('ENABLED')
  expect(guard('{}', { [header]: 'DISABLED' }, { trace: 'enabled' }).headers[header]).toBe('DISABLED')
  expect(guard('{}').headers).not.toHaveProperty(header)
})

test.each([
  ['application/octet-stream', 'application/json'],
  ['', 'application/json'],
  ['application/json; charset=utf-16', 'application/json'],
  ['text/plain', 'text/plain'],
])('the content type %j becomes %j', (type, expected) => {
  expect(guard('{}', { 'content-type': type }).headers['content-type']).toBe(expected)
})

test.each([
  ['plainly', `{"${CONFIG}":{"tagSuffix":"x"},"prompt":"p"}`],
  ['with escapes', '{"amazon\\u002dbedrock-guardrailConfig":{"tagSuffix":"x"}}'],
  ['with the suffix escaped', `{"${CONFIG}":{"\\u0074agSuffix":"x"}}`],
])('tags that hide text from the guardrail are refused: %s', (_, body) => {
  expect(() => guard(body)).toThrow(/tagSuffix would show this stack's guardrail tagged text only/)
})

test.each([
  `{"${CONFIG}":{},"${CONFIG}":{"tagSuffix":"x"}}`,
  `{"${CONFIG}":{"tagSuffix":"x","tagSuffix":null}}`,
  `{"${CONFIG}":7}`,
  `{"${CONFIG}":{}`,
  Buffer.from([0x7b, 0xc1, 0xa7, 0x7d]),
])('a body that parsers read differently is refused: %s', (body) => {
  expect(() => guard(body)).toThrow(expect.objectContaining({ name: 'ValidationException' }))
})

test.each([
  ['UTF-16LE', Buffer.from(`{"${CONFIG}":{"tagSuffix":"x"}}`, 'utf16le')],
  ['UTF-16BE', Buffer.from(`{"${CONFIG}":{"tagSuffix":"x"}}`, 'utf16le').swap16()],
  ['a NUL late in it', Buffer.from('{"prompt":"p"}\0')],
])('an encoding that could hide a name is refused: %s', (_, body) => {
  expect(() => guard(body)).toThrow(
    expect.objectContaining({
      name: 'ValidationException',
      message: expect.stringContaining('the body is not JSON in UTF-8'),
    }),
  )
})

test('callers may use tags if the stack allows it', () => {
  const body = `{"${CONFIG}":{"tagSuffix":"x"},"n":1.0}`
  expect(guard(body, {}, { contentGuarding: 'SELECTIVE' }).body).toBe(body)
})

describe('the mode of a stream', () => {
  const asynchronous = `{"n":1.0,"${CONFIG}":{"streamProcessingMode":"ASYNCHRONOUS"}}`

  test("is the caller's", () => {
    expect(guard(asynchronous).body).toBe(asynchronous)
    expect(guard(asynchronous, {}, { streamProcessingMode: 'async' }).body).toBe(asynchronous)
    const synchronous = asynchronous.replace('ASYNCH', 'SYNCH')
    expect(guard(synchronous, {}, { streamProcessingMode: 'async' }).body).toBe(synchronous)
  })

  test('does not become asynchronous if the stack sets sync', () => {
    expect(guard(asynchronous, {}, { streamProcessingMode: 'sync' }).body).toBe(asynchronous.replace('ASYNCH', 'SYNCH'))
  })

  test('is asynchronous if the stack sets it and the caller sets none', () => {
    const member = `"${CONFIG}":{"streamProcessingMode":"ASYNCHRONOUS"}`
    expect(guard('{"n":1.0}', {}, { streamProcessingMode: 'async' }).body).toBe(`{${member},"n":1.0}`)
    expect(guard(`{"${CONFIG}":null}`, {}, { streamProcessingMode: 'async' }).body).toBe(`{${member}}`)
    expect(guard('{"n":1.0}', {}, { streamProcessingMode: 'async' }, 'InvokeModel').body).toBe('{"n":1.0}')
  })
})

test('a body that is not an object is passed on', () => {
  expect(guard('[1]', {}, { streamProcessingMode: 'async' }).body).toBe('[1]')
})

test('a repeated member is refused: the guardrail and the model may read another one', () => {
  const body = '{"messages":[{"role":"user","content":"a"}],"messages":[{"role":"user","content":"b"}]}'
  expect(() => guard(body)).toThrow('more than once')
  expect(() => guard('{"messages":[{"content":"a","content":"b"}]}')).toThrow('more than once')
})
