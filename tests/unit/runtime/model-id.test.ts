import { checkModelId, foundationModelId, isModelAllowed } from '@bedrock-functions/runtime/models'
import { cpuMsSince } from '../../support/cpu-time.ts'

describe('checkModelId', () => {
  test.each([
    'amazon.nova-lite-v1:0',
    'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'anthropic.claude-sonnet-4-6',
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0',
    'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abcdef123456',
    'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:3',
    'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite/abcdefghijkl',
    'arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint',
  ])('accepts %s', (modelId) => {
    expect(() => checkModelId(modelId)).not.toThrow()
  })

  test.each([
    ['', 'empty'],
    ['..', 'parent'],
    ['../../guardrail/x', 'traversal'],
    ['a/b', 'a slash in a bare id'],
    ['arn:aws:bedrock:us-east-1::foundation-model/../x', 'traversal in an ARN'],
    ['arn:aws:bedrock:us-east-1::foundation-model//x', 'an empty part in an ARN'],
    ['amazon.nova\u0000', 'NUL'],
    ['amazon.nova\u2215x', 'a Unicode slash'],
    ['amazon.nova lite', 'a space'],
    ['amazon.nova?x=1', 'a query'],
    ['a'.repeat(2049), '2,049 characters'],
    ['arn:aws:s3:::bucket/key', "another service's ARN"],
  ])('refuses %j (%s)', (modelId) => {
    expect(() => checkModelId(modelId)).toThrow(
      expect.objectContaining({ name: 'ValidationException', statusCode: 400 }),
    )
  })
})

describe('isModelAllowed', () => {
  test.each([
    ['amazon.nova-lite-v1:0', ['*'], true],
    ['amazon.nova-lite-v1:0', ['amazon.nova-*'], true],
    ['us.amazon.nova-lite-v1:0', ['amazon.nova-*'], false],
    ['us.amazon.nova-lite-v1:0', ['us.amazon.*', 'x'], true],
    ['amazon.nova-lite-v1:0', ['amazon.nova-lite-v1:0'], true],
    ['amazon.nova-lite-v1:00', ['amazon.nova-lite-v1:0'], false],
    ['amazon.nova-lite-v1:0', ['amazon.*lite*:0'], true],
    ['amazon.nova-pro-v1:0', ['amazon.*lite*:0'], false],
    ['ab', ['ab*b'], false],
    ['abb', ['ab*b'], true],
    ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', ['amazon.nova-*'], true],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0', ['us.amazon.*'], true],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/amazon.nova', ['amazon.nova'], false],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x1', ['arn:aws:bedrock:*/x1'], true],
  ])('%s among %j: %s', (modelId, allowed, expected) => {
    expect(isModelAllowed(modelId, allowed)).toBe(expected)
  })

  test('takes linear time for a pattern made to be slow', () => {
    const start = process.cpuUsage()
    expect(isModelAllowed('a'.repeat(2048), [`${'a*'.repeat(200)}b`])).toBe(false)
    expect(cpuMsSince(start)).toBeLessThan(1_000)
  })
})

test.each([
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
  ['us-gov.anthropic.claude-x', 'anthropic.claude-x'],
  ['global.amazon.nova-2-lite-v1:0', 'amazon.nova-2-lite-v1:0'],
  ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
  ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/jp.anthropic.claude-x', 'anthropic.claude-x'],
  ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x', 'anthropic.claude-x'],
])('foundationModelId(%s) is %s', (modelId, expected) => {
  expect(foundationModelId(modelId)).toBe(expected)
})
