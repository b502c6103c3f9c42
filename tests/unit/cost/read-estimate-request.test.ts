import { readEstimateRequest } from '../../../functions/invoke/read-estimate-request.ts'

const whole = { modelIds: ['a', 'b', 'a'], input: { converse: { messages: [] } }, maxTokens: 10 }
const read = (changes: object) => readEstimateRequest(Buffer.from(JSON.stringify({ ...whole, ...changes })))

test('missing members get defaults, and each model is compared once', () => {
  const { document: _, input, ...request } = read({})
  expect(input.parse()).toEqual({ converse: { messages: [] } })
  expect(request).toEqual({
    modelIds: ['a', 'b'],
    maxTokens: 10,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheTtl: '5m',
    serviceTier: 'default',
    sortBy: 'asked',
  })
})

test.each<[member: string, changes: object]>([
  ['modelIds', { modelIds: [] }],
  ['modelIds', { modelIds: Array.from({ length: 21 }, (_, index) => `model-${index}`) }],
  ['modelIds', { modelIds: 'a' }],
  ['input', { input: {} }],
  ['input', { input: { converse: {}, invokeModel: { body: {} } } }],
  ['input', { input: { invokeModel: {} } }],
  ['input', { input: { invokeModel: { body: null } } }],
  ['maxTokens', { maxTokens: 0 }],
  ['maxTokens', { maxTokens: '10' }],
  ['maxTokens', { maxTokens: undefined }],
  ['cacheReadTokens', { cacheReadTokens: 1.5 }],
  ['cacheTtl', { cacheTtl: '2h' }],
  ['serviceTier', { serviceTier: 'gold' }],
  ['sortBy', { sortBy: 'price' }],
  ['maxToken', { maxToken: 1 }],
])('a wrong %s is refused by name', (member, changes) => {
  expect(() => read(changes)).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringMatching(new RegExp(`^${member} `)) }),
  )
})

test.each(['', 'text', '[]', 'null'])('a body that is %p is refused', (body) => {
  expect(() => readEstimateRequest(Buffer.from(body))).toThrow(/Malformed input request: the body/)
})
