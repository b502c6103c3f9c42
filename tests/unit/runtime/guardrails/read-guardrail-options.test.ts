import { readGuardrailOptions } from '../../../../layers/runtime/src/pipeline/guardrail/guardrail-options.ts'

test.each([[{}], [{ GUARDRAIL_IDENTIFIER: '', GUARDRAIL_VERSION: '1' }]])(
  'there is no guardrail with %j',
  (environment) => {
    expect(readGuardrailOptions(environment)).toBeUndefined()
  },
)

test('the defaults are the strict values', () => {
  expect(readGuardrailOptions({ GUARDRAIL_IDENTIFIER: 'abc123' })).toEqual({
    guardrailIdentifier: 'abc123',
    guardrailVersion: 'DRAFT',
    trace: 'disabled',
    streamProcessingMode: 'sync',
    contentGuarding: 'COMPREHENSIVE',
    systemGuarding: 'COMPREHENSIVE',
  })
})

test('every setting is read', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123'
  const environment = {
    GUARDRAIL_IDENTIFIER: 'abc123',
    GUARDRAIL_ARN: ARN,
    GUARDRAIL_VERSION: '12',
    GUARDRAIL_TRACE: 'enabled_full',
    GUARDRAIL_STREAM_MODE: 'caller',
    GUARDRAIL_CONTENT: 'SELECTIVE',
    GUARDRAIL_SYSTEM_CONTENT: 'SELECTIVE',
  }
  expect(readGuardrailOptions(environment)).toEqual({
    guardrailIdentifier: 'abc123',
    guardrailArn: ARN,
    guardrailVersion: '12',
    trace: 'enabled_full',
    streamProcessingMode: undefined,
    contentGuarding: 'SELECTIVE',
    systemGuarding: 'SELECTIVE',
  })
})

test.each([
  [{ GUARDRAIL_IDENTIFIER: 'A b' }, 'GUARDRAIL_IDENTIFIER is "A b"'],
  [{ GUARDRAIL_VERSION: 'latest' }, 'GUARDRAIL_VERSION is "latest", it must be DRAFT or a number'],
  [{ GUARDRAIL_STREAM_MODE: 'SYNC' }, 'it must be sync or async or caller'],
  [{ GUARDRAIL_CONTENT: 'all' }, 'GUARDRAIL_CONTENT is "all"'],
  [{ GUARDRAIL_TRACE: 'yes' }, 'GUARDRAIL_TRACE is "yes"'],
])('a function with %j does not start', (environment, message) => {
  expect(() => readGuardrailOptions({ GUARDRAIL_IDENTIFIER: 'abc', ...environment })).toThrow(message)
})
