import type { EmbeddingCreateParams } from 'openai/resources'
import { embeddings } from '../../../../layers/runtime/src/doors/openai-embeddings/embeddings.ts'
import { EMBEDDING_MEMBERS } from '../../../../layers/runtime/src/doors/openai-embeddings/members.ts'

const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer x', 'x-bedrock-functions-cache': 'on' }

function plan(request: string, modelId: string) {
  return embeddings.read({ headers: HEADERS, query: {}, body: Buffer.from(request) }).plan({ modelId })
}

const bodiesOf = (request: string, modelId: string) =>
  plan(request, modelId).calls.map(({ body }) => Buffer.from(body).toString())

const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0'
const novaBody = (purpose: string, text: string, dimension = '') =>
  `{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"${purpose}",${dimension}"text":{"truncationMode":"NONE","value":${text}}}}`

test.each([
  [
    'amazon.titan-embed-text-v2:0',
    '"dimensions":256',
    [String.raw`{"inputText":"\u00e9","dimensions":256}`, '{"inputText":"b","dimensions":256}'],
  ],
  ['amazon.titan-embed-text-v1', '"dimensions":1536', [String.raw`{"inputText":"\u00e9"}`, '{"inputText":"b"}']],
  [
    'amazon.titan-embed-image-v1',
    '"dimensions":384',
    [
      String.raw`{"inputText":"\u00e9","embeddingConfig":{"outputEmbeddingLength":384}}`,
      '{"inputText":"b","embeddingConfig":{"outputEmbeddingLength":384}}',
    ],
  ],
  [
    'cohere.embed-english-v3',
    '"input_type":"search_query"',
    [String.raw`{"texts":["\u00e9","b"],"input_type":"search_query"}`],
  ],
  [
    'cohere.embed-v4:0',
    '"dimensions":512',
    [
      String.raw`{"texts":["\u00e9","b"],"input_type":"search_document","embedding_types":["float"],"output_dimension":512}`,
    ],
  ],
  [
    'us.cohere.embed-v4:0',
    '"user":"u"',
    [String.raw`{"texts":["\u00e9","b"],"input_type":"search_document","embedding_types":["float"]}`],
  ],
  [
    NOVA,
    '"input_type":"search_query"',
    [novaBody('GENERIC_RETRIEVAL', String.raw`"\u00e9"`), novaBody('GENERIC_RETRIEVAL', '"b"')],
  ],
  [
    NOVA,
    '"dimensions":256',
    [
      novaBody('GENERIC_INDEX', String.raw`"\u00e9"`, '"embeddingDimension":256,'),
      novaBody('GENERIC_INDEX', '"b"', '"embeddingDimension":256,'),
    ],
  ],
])('the bodies of %s with %s', (modelId, member, bodies) => {
  expect(bodiesOf(String.raw`{"model":"m","input":["\u00e9","b"],${member}}`, modelId)).toEqual(bodies)
})

test('calls have the headers of the stack, and the user for the log of Bedrock', () => {
  const [call] = plan('{"model":"m","input":"a","user":"u&1"}', NOVA).calls
  expect(call).toMatchObject({
    operation: 'InvokeModel',
    headers: {
      'content-type': 'application/json',
      'x-bedrock-functions-cache': 'on',
      'x-amzn-bedrock-request-metadata': '{"user":"u_1"}',
    },
  })
  expect(call?.headers).not.toHaveProperty('authorization')
})

const replyOf = (body: string, tokens?: number) => ({
  statusCode: 200,
  headers: tokens === undefined ? {} : { 'x-amzn-bedrock-input-token-count': String(tokens) },
  body: Buffer.from(body),
})

test('floats are copied as they are written, and tokens are added up', () => {
  const { join } = plan('{"model":"m","input":["a","b"]}', 'amazon.titan-embed-text-v2:0')
  const answers = [
    replyOf('{"embedding":[0.10, -1e-7],"inputTextTokenCount":2}'),
    replyOf('{"embedding":[1,2],"inputTextTokenCount":3}'),
  ]
  expect(Buffer.from(join(answers).body).toString()).toBe(
    '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10, -1e-7]},{"object":"embedding","index":1,"embedding":[1,2]}],' +
      '"model":"amazon.titan-embed-text-v2:0","usage":{"prompt_tokens":5,"total_tokens":5}}',
  )
})

test('base64 holds 32-bit floats, little-endian', () => {
  const { join } = plan('{"model":"m","input":"a","encoding_format":"base64"}', 'cohere.embed-v4:0')
  const { body } = join([replyOf('{"embeddings":{"float":[[1, -0.5]]}}', 4)])
  const { data, usage } = JSON.parse(Buffer.from(body).toString())
  expect(Buffer.from(data[0].embedding, 'base64').toString('hex')).toBe('0000803f000000bf')
  expect(usage).toEqual({ prompt_tokens: 4, total_tokens: 4 })
})

test('an answer without a vector for each text is not passed on', () => {
  const { join } = plan('{"model":"m","input":["a","b"]}', 'cohere.embed-english-v3')
  expect(() => join([replyOf('{"embeddings":[[1]]}')])).toThrow('1 vectors for 2 texts')
})

test('the table names every member of the SDK, and an extension', () => {
  const names: Record<keyof Required<EmbeddingCreateParams>, true> = {
    input: true,
    model: true,
    dimensions: true,
    encoding_format: true,
    user: true,
  }
  expect(Object.keys(EMBEDDING_MEMBERS).sort()).toEqual([...Object.keys(names), 'input_type'].sort())
})

test('more texts than the limit of OpenAI are refused', () => {
  const read = () => plan(JSON.stringify({ model: 'm', input: Array(2_049).fill('a') }), NOVA)
  expect(read).toThrow('input has 2049 texts')
})
