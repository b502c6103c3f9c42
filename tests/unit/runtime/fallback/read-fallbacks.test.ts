import { nativeFamily } from '../../../../layers/runtime/src/models/model-rules.ts'
import { readFallbackHeader } from '../../../../layers/runtime/src/pipeline/fallback/fallback.ts'
import { readFallbackChains } from '../../../../layers/runtime/src/pipeline/fallback/fallback-chains.ts'

describe('x-model-fallback', () => {
  test.each([
    [undefined, undefined],
    ['none', []],
    ['claude-haiku', ['claude-haiku']],
    [' us.anthropic.claude-x-v1:0 ,nova-lite', ['us.anthropic.claude-x-v1:0', 'nova-lite']],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.a.b',
      ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.a.b'],
    ],
  ])('%p names %p', (value, names) => {
    expect(readFallbackHeader(value)).toEqual(names)
  })

  test.each([
    ['', 'holds ""'],
    ['a,,b', 'holds ""'],
    ['a b', 'holds "a b"'],
    ['../x', 'holds "../x"'],
    ['a,b,c,d', 'names 4 models, the limit is 3'],
    ['a,b,a', 'names a twice'],
  ])('%p is refused: it %s', (value, fact) => {
    expect(() => readFallbackHeader(value)).toThrow(
      expect.objectContaining({
        name: 'ValidationException',
        message: expect.stringContaining(`x-model-fallback ${fact}`),
      }),
    )
  })
})

describe('MODEL_FALLBACKS', () => {
  test.each([undefined, '', ' '])('%p has no chain', (value) => {
    expect(readFallbackChains({ MODEL_FALLBACKS: value })).toEqual([])
  })

  test('has chains in order', () => {
    const value = 'claude-sonnet > claude-haiku>nova-pro, global.anthropic.*>amazon.nova-pro-v1:0'
    expect(readFallbackChains({ MODEL_FALLBACKS: value })).toEqual([
      { pattern: 'claude-sonnet', fallbacks: ['claude-haiku', 'nova-pro'] },
      { pattern: 'global.anthropic.*', fallbacks: ['amazon.nova-pro-v1:0'] },
    ])
  })

  test.each([
    ['claude-sonnet', 'it has 0 fallbacks and must have 1 to 3'],
    ['a>b>c>d>e', 'it has 4 fallbacks'],
    ['a>b,', 'the chain "": it must begin'],
    ['a>b*', '"b*" is not a model id'],
    ['a>>b', '"" is not a model id'],
    ['a>b>b', 'it names a model twice'],
  ])('%p fails the start: %s', (value, fact) => {
    expect(() => readFallbackChains({ MODEL_FALLBACKS: value })).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', message: expect.stringContaining(fact) }),
    )
  })
})

test.each([
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude'],
  ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6', 'Claude'],
  ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-6-v1', 'Claude'],
  ['amazon.nova-lite-v1:0', 'Nova'],
  ['global.amazon.nova-2-lite-v1:0', 'Nova'],
  ['us.meta.llama3-3-70b-instruct-v1:0', 'Llama 3'],
  ['us.meta.llama4-scout-17b-instruct-v1:0', 'Llama 4'],
  ['us.deepseek.r1-v1:0', 'DeepSeek R1'],
  ['deepseek.v3-v1:0', 'chat completions'],
  ['qwen.qwen3-32b-v1:0', 'chat completions'],
  ['us.twelvelabs.marengo-embed-3-0-v1:0', 'twelvelabs.marengo-embed-3-0-v1:0'],
  ['amazon.titan-embed-text-v2:0', 'amazon.titan-embed-text-v2:0'],
  ['amazon.nova-2-multimodal-embeddings-v1:0', 'amazon.nova-2-multimodal-embeddings-v1:0'],
  ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', undefined],
])('%s reads the bodies of %p', (modelId, family) => {
  expect(nativeFamily(modelId)).toBe(family)
})
