import { readCountRequest, toCountAnswer } from '../../../../layers/runtime/src/doors/anthropic/count-tokens.ts'
import { HAIKU, NOVA } from './support.ts'

const REQUEST = '{"model":"m","system":"s","messages":[{"role":"user","content":"h\\u00e9"}],"tools":[]}'
const count = (modelId: string, request = REQUEST) =>
  readCountRequest({ headers: {}, query: {}, body: Buffer.from(request) })
    .toBody(modelId)
    .toString()

test("Claude's tokens are counted in the native body, with the bytes of the caller", () => {
  const { input } = JSON.parse(count(HAIKU))
  expect(Buffer.from(input.invokeModel.body, 'base64').toString()).toBe(
    '{"max_tokens":1,"anthropic_version":"bedrock-2023-05-31","system":"s","messages":[{"role":"user","content":"h\\u00e9"}],"tools":[]}',
  )
})

test("the tokens of others are counted in a Converse request with CountTokens' members only", () => {
  expect(count(NOVA)).toBe(
    '{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"h\\u00e9"}]}],"system":[{"text":"s"}]}}}',
  )
})

test('a limit that is null counts as absent, and is not given twice', () => {
  const request = '{"model":"m","max_tokens":null,"messages":[{"role":"user","content":"a"}]}'
  const native = Buffer.from(JSON.parse(count(HAIKU, request)).input.invokeModel.body, 'base64').toString()
  expect(native.match(/max_tokens/g)).toHaveLength(1)
  expect(count(NOVA, request)).toBe('{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"a"}]}]}}}')
})

test('a request without a model is refused', () => {
  expect(() => count(NOVA, '{}')).toThrow('model: Field required')
})

test('the answer has the member of the contract', () => {
  const { body } = toCountAnswer({ statusCode: 200, headers: {}, body: Buffer.from('{"inputTokens":7}') })
  expect(Buffer.from(body).toString()).toBe('{"input_tokens":7}')
})
