import { InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { PNG, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

async function invoke(modelId: string, body: unknown): Promise<ReturnType<typeof JSON.parse>> {
  const reply = await emulator.client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }))
  return JSON.parse(reply.body.transformToString())
}

const AMAZON = 'amazon.rerank-v1:0'
const COHERE = 'cohere.rerank-v3-5:0'
const TITAN = 'amazon.titan-embed-image-v1'
const PEGASUS = 'us.twelvelabs.pegasus-1-2-v1:0'
const MARENGO_2 = 'us.twelvelabs.marengo-embed-2-7-v1:0'
const MARENGO_3 = 'us.twelvelabs.marengo-embed-3-0-v1:0'
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0'

const image = PNG.toString('base64')
const documents = ['bread with butter', 'The capital of France is Paris', 'a capital letter']
const query = 'What is the capital of France?'

describe('rerank models', () => {
  test.each<[string, object]>([
    [AMAZON, { query, documents }],
    [COHERE, { query, documents, api_version: 2 }],
    [COHERE, { query, documents: documents.map((body) => ({ body })), api_version: 2, rank_fields: ['body'] }],
  ])('%s sorts the documents by their score', async (modelId, body) => {
    const { results } = await invoke(modelId, body)

    expect(results.map(({ index }: { index: number }) => index)).toEqual([1, 2, 0])
    const scores: number[] = results.map((result: { relevance_score: number }) => result.relevance_score)
    expect(scores).toEqual(scores.toSorted((one, other) => other - one))
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
  })

  test('answer with all documents where top_n is more', async () => {
    expect((await invoke(AMAZON, { query, documents, top_n: 9 })).results).toHaveLength(3)
  })

  test('answer with the best documents of top_n, and count tokens', async () => {
    const { body, headers } = await post(emulator.url, `/model/${AMAZON}/invoke`, { query, documents, top_n: 1 })

    expect(body).toEqual({ results: [{ index: 1, relevance_score: expect.any(Number) }] })
    expect(Number(headers.get('x-amzn-bedrock-input-token-count'))).toBeGreaterThan(10)
  })
})

describe('Titan Multimodal Embeddings', () => {
  const length = (vector: number[]): number => Math.hypot(...vector)

  test.each([256, 384, 1_024])('has %i dimensions', async (outputEmbeddingLength) => {
    const answer = await invoke(TITAN, { inputText: 'a cat', embeddingConfig: { outputEmbeddingLength } })

    expect(answer).toEqual({ embedding: expect.any(Array), inputTextTokenCount: 2, message: null })
    expect(answer.embedding).toHaveLength(outputEmbeddingLength)
    expect(length(answer.embedding)).toBeCloseTo(1, 4)
  })

  test('averages a text and an image', async () => {
    const ofText = (await invoke(TITAN, { inputText: 'a cat' })).embedding
    const ofImage = (await invoke(TITAN, { inputImage: image })).embedding
    const { embedding } = await invoke(TITAN, { inputText: 'a cat', inputImage: image })

    expect(ofText).not.toEqual(ofImage)
    expect(embedding).toHaveLength(1_024)
    expect(embedding[5]).toBeCloseTo((ofText[5] + ofImage[5]) / 2, 6)
  })
})

test('Cohere v4 answers by type also without embedding_types, Cohere v3 does not', async () => {
  const body = { texts: ['a'], input_type: 'search_query' }
  const version4 = await invoke('cohere.embed-v4:0', body)
  const version3 = await invoke('cohere.embed-english-v3', body)

  expect(version4).toMatchObject({ response_type: 'embeddings_by_type', embeddings: { float: [expect.any(Array)] } })
  expect(Object.keys(version4.embeddings)).toEqual(['float'])
  expect(version4.embeddings.float[0]).toHaveLength(1_536)
  expect(version3).toMatchObject({ response_type: 'embeddings_floats', embeddings: [expect.any(Array)] })
})

describe('Marengo and Nova by InvokeModel', () => {
  test.each<[string, object, number]>([
    [MARENGO_2, { inputType: 'text', inputText: 'a dog' }, 1_024],
    [MARENGO_2, { inputType: 'image', mediaSource: { base64String: image } }, 1_024],
    [MARENGO_3, { inputType: 'text', text: { inputText: 'a dog' } }, 512],
    [
      MARENGO_3,
      { inputType: 'text_image', text_image: { inputText: 'a dog', mediaSource: { base64String: image } } },
      512,
    ],
  ])('%s embeds at once: %j', async (modelId, body, dimensions) => {
    const { data } = await invoke(modelId, body)

    expect(data).toEqual([{ embedding: expect.any(Array) }])
    expect(data[0].embedding).toHaveLength(dimensions)
  })

  test('Nova embeds a text and both parts of a video', async () => {
    const purpose = { embeddingPurpose: 'GENERIC_INDEX', embeddingDimension: 256 }
    const single = (singleEmbeddingParams: object) => ({ taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams })
    const ofText = await invoke(NOVA, single({ ...purpose, text: { truncationMode: 'END', value: 'a dog' } }))
    const source = { bytes: image }
    const video = { format: 'mp4', source, embeddingMode: 'AUDIO_VIDEO_SEPARATE' }
    const ofVideo = await invoke(NOVA, single({ ...purpose, video }))

    expect(ofText).toEqual({ embeddings: [{ embeddingType: 'TEXT', embedding: expect.any(Array) }] })
    expect(ofText.embeddings[0].embedding).toHaveLength(256)
    expect(ofVideo.embeddings.map((one: { embeddingType: string }) => one.embeddingType)).toEqual(['AUDIO', 'VIDEO'])
  })
})

describe('Pegasus', () => {
  const mediaSource = { base64String: image }

  test('describes a video, and ends with length at maxOutputTokens', async () => {
    const answer = await invoke(PEGASUS, { inputPrompt: 'Tell me about it', mediaSource, temperature: 0 })
    const cut = await invoke(PEGASUS, { inputPrompt: 'Tell me about it', mediaSource, maxOutputTokens: 3 })

    expect(answer).toEqual({ message: expect.stringContaining('video'), finishReason: 'stop' })
    expect(cut).toMatchObject({ finishReason: 'length' })
  })

  test('answers by the schema of responseFormat', async () => {
    const jsonSchema = { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] }
    const s3Location = { uri: 's3://bucket/video.mp4', bucketOwner: '123456789012' }
    const { message } = await invoke(PEGASUS, {
      inputPrompt: 'Summarize',
      mediaSource: { s3Location },
      responseFormat: { jsonSchema },
    })

    expect(JSON.parse(message)).toEqual({ summary: expect.any(String) })
  })

  test('streams the same answer', async () => {
    const body = JSON.stringify({ inputPrompt: '[emulator:say=one two]', mediaSource })
    const { body: stream } = await emulator.client.send(
      new InvokeModelWithResponseStreamCommand({ modelId: PEGASUS, body }),
    )
    const chunks: ReturnType<typeof JSON.parse>[] = []
    for await (const { chunk } of stream ?? []) chunks.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()))

    expect(chunks.map(({ message }) => message).join('')).toBe('one two')
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'stop', 'amazon-bedrock-invocationMetrics': expect.anything() })
  })

  test('has no Converse', async () => {
    const reply = await post(emulator.url, `/model/${PEGASUS}/converse`, { messages: [userMessage('Hi')] })
    expect(reply.body.message).toMatch(/^This action doesn't support the model that you provided\./)
  })
})

test.each<[string, string, object, RegExp]>([
  [
    'nothing that is required',
    COHERE,
    { prompt: 'x' },
    /#: required key \[query\] not found#: required key \[documents\] not found#: required key \[api_version\] not found/,
  ],
  ['no query', AMAZON, { documents }, /#: required key \[query\] not found/],
  ['no documents', AMAZON, { query }, /#: required key \[documents\] not found/],
  ['an empty list', AMAZON, { query, documents: [] }, /expected minimum item count: 1, found: 0/],
  ['no version of Cohere', COHERE, { query, documents }, /#: required key \[api_version\] not found/],
  [
    'version 1 of Cohere',
    COHERE,
    { query, documents, api_version: 1 },
    /^Malformed input request: #\/api_version: 1 is not greater or equal to 2, please reformat your input and try again\.$/,
  ],
  ['neither text nor image', TITAN, {}, /required key \[inputText\] or \[inputImage\] not found/],
  [
    'a length that does not exist',
    TITAN,
    { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 512 } },
    /#\/embeddingConfig\/outputEmbeddingLength: 512 is not a valid enum value/,
  ],
  ['an image that is not base64', TITAN, { inputImage: 'cat.png' }, /#\/inputImage: expected type: Base64/],
  [
    'a video that is not base64',
    PEGASUS,
    { inputPrompt: 'x', mediaSource: { base64String: 'cat.mp4' } },
    /#\/mediaSource\/base64String: expected type: Base64/,
  ],
  [
    'a video that is not in S3',
    PEGASUS,
    { inputPrompt: 'x', mediaSource: { s3Location: { uri: 'https://example.com/cat.mp4' } } },
    /#\/mediaSource\/s3Location\/uri: string \[https:\/\/example.com\/cat.mp4\] does not match pattern/,
  ],
  [
    'a clip that is not base64',
    MARENGO_3,
    { inputType: 'image', image: { mediaSource: { base64String: 'cat.png' } } },
    /#\/image\/mediaSource\/base64String: expected type: Base64/,
  ],
  ['no video', PEGASUS, { inputPrompt: 'x' }, /#: required key \[mediaSource\] not found/],
  [
    '4,097 tokens',
    PEGASUS,
    { inputPrompt: 'x', mediaSource: { base64String: 'AAAA' }, maxOutputTokens: 4_097 },
    /#\/maxOutputTokens: 4097 is not less or equal to 4096/,
  ],
  ['a video of Marengo', MARENGO_3, { inputType: 'video', video: {} }, /#\/inputType: video is not a valid enum value/],
  [
    'the task of StartAsyncInvoke',
    NOVA,
    { taskType: 'SEGMENTED_EMBEDDING', singleEmbeddingParams: {} },
    /SEGMENTED_EMBEDDING is not a valid enum/,
  ],
  ['no parameters', NOVA, { taskType: 'SINGLE_EMBEDDING' }, /required key \[singleEmbeddingParams\] not found/],
])('a request is refused as the schema of the model does: %s', async (_name, modelId, body, message) => {
  const reply = await post(emulator.url, `/model/${modelId}/invoke`, body)

  expect(reply.body).toEqual({ message: expect.stringMatching(message) })
  expect(reply.status).toBe(400)
  expect(reply.headers.get('x-amzn-errortype')).toBe('ValidationException')
})
