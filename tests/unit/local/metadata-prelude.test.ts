import { readMetadataPrelude } from '../../../local/gateway/metadata-prelude.ts'

const NULS = '\0'.repeat(8)

async function* chunksOf(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let position = 0; position < bytes.length; position += size) yield bytes.subarray(position, position + size)
}

const METADATA = {
  statusCode: 201,
  headers: { 'X-One': '1', Connection: 'close' },
  multiValueHeaders: { 'x-two': ['a', 'b'] },
  cookies: ['c=1'],
}

test.each([1, 7, 1000])('metadata in chunks of %i bytes is read', async (size) => {
  const chunks = chunksOf(`${JSON.stringify(METADATA)}${NULS}body${NULS}`, size)
  const { head, start } = await readMetadataPrelude(chunks)
  expect(head).toEqual({
    statusCode: 201,
    headers: [
      ['x-one', ['1']],
      ['x-amzn-remapped-connection', ['close']],
      ['x-two', ['a', 'b']],
      ['set-cookie', ['c=1']],
    ],
  })
  const rest = [start]
  for await (const chunk of chunks) rest.push(chunk)
  expect(Buffer.concat(rest).toString()).toBe(`body${NULS}`)
})

test.each([
  ['an end within the metadata', '{"statusCode":200}\0\0\0', /ended after 21 bytes, within its metadata/],
  ['nothing at all', '', /ended after 0 bytes/],
  ['no delimiter within 16 KB', 'x'.repeat(20_000), /no metadata within the first 16384 bytes/],
  ['no JSON', `x${NULS}`, /not JSON/],
  ['no object', `[]${NULS}`, /not an object/],
  ['a member that API Gateway does not know', `{"body":"x"}${NULS}`, /has a member body/],
  ['a status that is none', `{"statusCode":99}${NULS}`, /statusCode is 99/],
  ['a header with a line break', `{"headers":{"x":"a\\r\\nb"}}${NULS}`, /characters that HTTP does not allow/],
])('%s is refused', async (_name, text, message) => {
  await expect(readMetadataPrelude(chunksOf(text, 4096))).rejects.toThrow(message)
})
