import { countLocally } from '../../../layers/runtime/src/pipeline/cost/count-locally.ts'

const TEXT = 'sixteen bytes of'
const IMAGE = Buffer.alloc(5000).toString('base64')

test.each<[what: string, request: Record<string, unknown>, tokens: number]>([
  ['a message', { messages: [{ role: 'user', content: [{ text: TEXT }] }] }, 4 + 3],
  ['characters of several bytes', { messages: [{ role: 'user', content: [{ text: '日本' }] }] }, 2 + 3],
  ['a system prompt', { system: [{ text: TEXT }], messages: [{ role: 'user', content: [{ text: TEXT }] }] }, 8 + 3],
  ["Claude's text as it is", { max_tokens: 9, system: TEXT, messages: [{ role: 'user', content: TEXT }] }, 8 + 3],
  ['a prompt', { prompt: TEXT, max_gen_len: 5 }, 4],
  ['texts to embed', { texts: [TEXT, TEXT], input_type: 'search_document' }, 8],
  ['a text to embed', { inputText: TEXT, dimensions: 256 }, 4],
  // {"tools":[{"toolSpec":{"name":"a"}}]} has 37 bytes
  [
    'tools as the JSON they are',
    { messages: [], toolConfig: { tools: [{ toolSpec: { name: 'a' } }] } },
    Math.ceil(37 / 4),
  ],
  [
    'an image of Converse',
    { messages: [{ role: 'user', content: [{ image: { format: 'png', source: { bytes: IMAGE } } }] }] },
    1603,
  ],
  [
    "Claude's image",
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } }],
        },
      ],
    },
    1603,
  ],
  [
    'an image by URL',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    1603,
  ],
  [
    'a document that is text',
    { messages: [{ role: 'user', content: [{ document: { format: 'txt', name: 'four', source: { text: TEXT } } }] }] },
    5 + 3,
  ],
  [
    "Claude's document that is text",
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: TEXT } }],
        },
      ],
    },
    4 + 3,
  ],
  [
    'what is said for the cache',
    { messages: [{ role: 'user', content: [{ text: TEXT }, { cachePoint: { type: 'default', ttl: '1h' } }] }] },
    7,
  ],
])('the tokens of %s are counted', (_, request, inputTokens) => {
  expect(countLocally(request)).toEqual({ inputTokens, notCounted: [] })
})

test('media whose tokens are unknown are named', () => {
  const content = [
    { text: TEXT },
    { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/key' } } } },
    { document: { format: 'pdf', name: 'four', source: { bytes: IMAGE } } },
  ]
  expect(countLocally({ messages: [{ role: 'user', content }] })).toEqual({
    inputTokens: 5 + 3,
    notCounted: ['video', 'document'],
  })
})

test('an unknown format is not counted', () => {
  expect(countLocally({ taskType: 'TEXT_VIDEO' })).toBeUndefined()
})
