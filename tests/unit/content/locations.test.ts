import { ownerOf } from '@bedrock-functions/runtime/core'
import { readJson } from '../../../layers/runtime/src/json/json-document.ts'
import { assertLocationsAllowed } from '../../../layers/runtime/src/pipeline/content/locations.ts'
import { CALLER, documentBlock, HAIKU, HELLO, image, NOVA, pass, type Sent, user } from './support.ts'

const MINE = `s3://jobs/uploads/${ownerOf(CALLER)}/cat.png`
const at = (uri: string, more: object = {}) => ({ s3Location: { uri, ...more } })
const asking = (...content: object[]) => ({ messages: [user(HELLO, ...content)] })
const options = {
  inputLocations: ['arn:aws:s3:::media/team-a/*', 'arn:aws:s3:::media/one.png', 'arn:aws-cn:s3:::whole/*'],
  uploadsBucket: 'jobs',
}

test.each([MINE, 's3://media/team-a/b/c.png', 's3://media/one.png', 's3://whole/x'])(
  '%s may be read and is passed on to a model that reads S3',
  async (uri) => {
    expect(await pass(asking(image(at(uri))), { modelId: NOVA }, options)).toMatchObject({ isUntouched: true })
  },
)

test.each([
  's3://jobs/uploads/0123456789abcdef0123456789abcdef/cat.png',
  's3://jobs/jobs/x/request.json',
  's3://jobs/output/x/output.json',
  's3://media/one.png.bak',
  's3://media/team-ab/c.png',
  's3://media/team-a',
  's3://whole-too/x',
  's3://other/team-a/c.png',
])('%s may not be read', async (uri) => {
  const refused = pass(asking(image(at(uri))), { modelId: NOVA }, options)
  await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException', statusCode: 403 })
  await expect(refused).rejects.toThrow(`messages.0.content.1.image.source.s3Location.uri ${uri} is not among`)
})

test.each([
  's3://media/team-a/../secret',
  's3://media/team-a//x',
  's3://media/team-a/%2e%2e/x',
  'https://media/team-a/x',
  '',
])('%j is not a location', async (uri) => {
  await expect(pass(asking(image(at(uri))), { modelId: NOVA }, options)).rejects.toMatchObject({
    name: 'ValidationException',
  })
})

test('a request names at most 100 objects', async () => {
  const many = (count: number) => asking(...Array.from({ length: count }, () => image(at(MINE))))
  await expect(pass(many(101), { modelId: 'us.amazon.unknown-v1:0' }, options)).rejects.toThrow(/at most 100 objects/)
})

/** Location of another caller, which must be refused. */
const THEIRS = '"s3Location":{"uri":"s3://jobs/uploads/x/secret"}'
const inImage = (inside: string, before = '') =>
  `{"messages":[{"role":"user","content":[{"text":"x"},{"image":{"format":"png",${before}"source":{${inside}}}}]}]}`

describe('an object of another caller', () => {
  test.each<[string, string | Uint8Array, Sent?]>([
    ['by escapes in the name', inImage(THEIRS.replace('s3', 's\\u0033'))],
    ['by escapes in uri', inImage(THEIRS.replace('uri', '\\u0075ri'))],
    ['by escapes in the URI', inImage(THEIRS.replace('jobs', '\\u006aobs'))],
    ['by naming it twice, first', inImage(`${THEIRS},${THEIRS.replace('s3://jobs/uploads/x', 's3://media/team-a')}`)],
    ['by naming it twice, last', inImage(`${THEIRS.replace('s3://jobs/uploads/x', 's3://media/team-a')},${THEIRS}`)],
    ['by two uris', inImage(`"s3Location":{"uri":"s3://media/team-a/x","uri":"s3://jobs/uploads/x/secret"}`)],
    ['by two sources', inImage('"bytes":"iVBO"', `"source":{${THEIRS}},`)],
    ['by two messages', `{"messages":[{"role":"user","content":[{"image":{"source":{${THEIRS}}}}]}],"messages":[]}`],
    [
      'in a tool result',
      `{"messages":[{"role":"user","content":[{"toolResult":{"content":[{"video":{"source":{${THEIRS}}}}]}}]}]}`,
    ],
    ['in a block of tomorrow', `{"messages":[{"role":"user","content":[{"hologram":{"source":{${THEIRS}}}}]}]}`],
    ['in additional fields', `{"additionalModelRequestFields":{${THEIRS}}}`],
    ['by white space', inImage(THEIRS.replace(':', ' \n: '))],
    ['by what is no JSON', `${inImage(THEIRS)}//`],
    ['by another encoding', Buffer.from(inImage(THEIRS), 'utf16le')],
    ['by overlong UTF-8', Buffer.from(inImage(THEIRS).replace('"s3', '"\u00c1\u00b33'), 'latin1')],
    ["in Nova's own body", inImage(THEIRS), { operation: 'InvokeModel', modelId: 'us.amazon.nova-pro-v1:0' }],
    [
      "in Pegasus' own body",
      `{"inputPrompt":"x","mediaSource":{${THEIRS}}}`,
      { operation: 'InvokeModelWithResponseStream', modelId: 'us.twelvelabs.pegasus-1-2-v1:0' },
    ],
    [
      'behind an application inference profile',
      inImage(THEIRS),
      { operation: 'InvokeModel', modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc' },
    ],
    ['as nobody', inImage(THEIRS.replace('uploads/x', `uploads/${ownerOf(CALLER)}`)), { caller: undefined }],
  ])('cannot be read %s', async (_name, body, sent = {}) => {
    await expect(pass(body, { modelId: NOVA, ...sent }, options)).rejects.toMatchObject({
      name: expect.stringMatching(/^(AccessDenied|Validation)Exception$/),
    })
  })

  test('cannot be read without a bucket for uploads', async () => {
    await expect(pass(asking(image(at(MINE))), { modelId: NOVA }, { inputLocations: [] })).rejects.toThrow(
      'InputLocations',
    )
  })
})

test('the names of S3 locations may be used in data of tools and schemas', async () => {
  const body = {
    messages: [
      user(HELLO),
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: at('x') } }] },
      user({ toolResult: { toolUseId: 'a', content: [{ json: at('y') }] } }),
    ],
    toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { properties: at('z') } } } }] },
  }
  expect(await pass(body, { modelId: NOVA })).toMatchObject({ isUntouched: true })
  const native = {
    messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: at('x') }] }],
  }
  expect(await pass(native, { operation: 'InvokeModel' })).toMatchObject({ isUntouched: true })
})

test('a model that reads S3 may have more than five documents there, and five in the request', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const inS3 = names.map((name) => documentBlock(name, at('s3://media/team-a/a.pdf')))
  const inRequest = names.map((name) => documentBlock(`${name} 2`))
  const send = (...blocks: object[]) => pass(asking(...blocks), { modelId: NOVA }, options)
  expect(await send(...inS3, ...inRequest.slice(1))).toMatchObject({ isUntouched: true })
  await expect(send(...inS3, ...inRequest)).rejects.toThrow('This one has 6 documents')
})

describe('for a model that does not read S3, an object', () => {
  const objects: Record<string, Uint8Array> = {
    [MINE]: Buffer.from('cat'),
    's3://media/one.png': Buffer.from([0, 255]),
    's3://media/team-a/empty': Buffer.alloc(0),
    's3://media/team-a/large': Buffer.alloc(3_932_161),
    's3://media/team-a/big.pdf': Buffer.alloc(4_700_000),
    's3://media/team-a/huge.pdf': Buffer.alloc(12_500_001),
  }
  const asked: unknown[] = []
  const reading = {
    ...options,
    read: async (location: { uri: string }, maxBytes: number) => {
      asked.push([location, maxBytes])
      const object = objects[location.uri]
      return (
        object && { length: object.length, json: Buffer.from(JSON.stringify(Buffer.from(object).toString('base64'))) }
      )
    },
  }

  test('is inlined, and the rest of the request stays the same', async () => {
    const body = `{"n":1.0,"messages":[{"role":"user","content":[{"text":"x"},{"image":{"format":"png","source":{"s3Location": {"bucketOwner":"123456789012","uri":"${MINE}"}}}}, {"image":{"format":"png","source":{ "s3Location":{"uri":"s3://media/one.png"} }}}]}]}`
    const { text } = await pass(body, { modelId: HAIKU }, reading)
    expect(text).toBe(
      '{"n":1.0,"messages":[{"role":"user","content":[{"text":"x"},{"image":{"format":"png","source":{"bytes":"Y2F0"}}}, {"image":{"format":"png","source":{ "bytes":"AP8=" }}}]}]}',
    )
    expect(asked).toContainEqual([{ uri: MINE, bucketOwner: '123456789012' }, 3_932_160])
  })

  test.each([
    [
      'is not there',
      image(at('s3://media/team-a/none')),
      'the object does not exist, or this stack has no permission to read it',
    ],
    ['is empty', image(at('s3://media/team-a/empty')), 'is empty'],
    [
      'is too large an image',
      image(at('s3://media/team-a/large')),
      'image exceeds 5 MB maximum. messages.0.content.1.image.source.s3Location.uri s3://media/team-a/large has more than 3932160 bytes (3.75 MB)',
    ],
    [
      'is too large a document',
      documentBlock('a', at('s3://media/team-a/huge.pdf'), 'txt'),
      'The maximum document size is 4.5 MB. Reduce the size of your document and retry your request. ',
    ],
  ])('that %s is refused', async (_name, block, message) => {
    await expect(pass(asking(block), { modelId: HAIKU }, reading)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    })
  })

  test('may be as large as the request allows if it is a PDF, and 4.5 MB if it is another document', async () => {
    asked.length = 0
    const pdf = documentBlock('a', at('s3://media/team-a/big.pdf'))
    const text = documentBlock('b', at('s3://media/team-a/big.pdf'), 'txt')
    await pass(asking(pdf, text), { modelId: HAIKU }, reading)
    expect(asked.map((call) => (call as [object, number])[1])).toEqual([25_000_000, 4_718_592])
  })

  test('shares the limit of the request with all others, before base64', async () => {
    const documents = (key: string, ...names: string[]) =>
      asking(...names.map((name) => documentBlock(name, at(`s3://media/team-a/${key}`))))
    await expect(pass(documents('huge.pdf', 'a', 'b'), { modelId: HAIKU }, reading)).rejects.toThrow(
      'Input is too long for requested model. The objects of its s3Locations have 25000002 bytes together: at most 25000000 are allowed',
    )
    const { text } = await pass(documents('big.pdf', 'a', 'b', 'c', 'd', 'e'), { modelId: HAIKU }, reading)
    expect(text.length).toBeGreaterThan(25_000_000)
  })

  test('is not read if the caller may not read it', async () => {
    asked.length = 0
    const body = asking(image(at(MINE)), image(at('s3://other/x')))
    await expect(pass(body, { modelId: HAIKU }, reading)).rejects.toThrow('s3://other/x')
    expect(asked).toEqual([])
  })

  test('is not read if only the account knows the model', async () => {
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'
    expect(await pass(asking(image(at(MINE))), { modelId }, reading)).toMatchObject({ isUntouched: true })
  })
})

test('the same rule applies to documents outside the stage', () => {
  const check = (document: unknown, caller: string) =>
    assertLocationsAllowed(readJson(Buffer.from(JSON.stringify(document))), caller, options)
  expect(check({ modelInput: { text: 's3Location' } }, CALLER)).toEqual([])
  expect(check({ modelInput: { mediaSource: at(MINE) } }, CALLER)).toHaveLength(1)
  expect(() => check({ modelInput: { mediaSource: at(MINE) } }, 'key:other')).toThrow(
    expect.objectContaining({
      name: 'AccessDeniedException',
      message: expect.stringContaining('modelInput.mediaSource.s3Location.uri'),
    }),
  )
})
