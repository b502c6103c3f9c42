import { type RawReply, sendRaw } from '../../support/raw-http.ts'
import { PLAIN, type RunningS3, startS3 } from './support/start-s3.ts'

const UNSIGNED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const SIGNED_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'

/** Checksum of "hello world". */
const CRC32 = 'DUoRhQ=='
const CRC64 = 'jSnVw/bqjr4='
const SIGNATURE = `chunk-signature=${'ab'.repeat(32)}`

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

function put(framing: string, body: string, headers: Record<string, string | number> = {}): Promise<RawReply> {
  const all = {
    host: 'x',
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': framing,
    'x-amz-decoded-content-length': 11,
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return sendRaw(s3.url, `PUT /${PLAIN}/chunked HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

const trailer = { 'x-amz-trailer': 'x-amz-checksum-crc32' }

test.each([
  ['one chunk', UNSIGNED, 'b\r\nhello world\r\n0\r\n\r\n', {}],
  ['several chunks', UNSIGNED, '5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n', {}],
  ['a checksum in the trailer', UNSIGNED, `B\r\nhello world\r\n0\r\nx-amz-checksum-crc32:${CRC32}\r\n\r\n`, trailer],
  [
    'CRC-64/NVME in the trailer',
    UNSIGNED,
    `b\r\nhello world\r\n0\r\nx-amz-checksum-crc64nvme:${CRC64}\r\n\r\n`,
    { 'x-amz-trailer': 'x-amz-checksum-crc64nvme' },
  ],
  ['signed chunks', SIGNED, `b;${SIGNATURE}\r\nhello world\r\n0;${SIGNATURE}\r\n\r\n`, {}],
  [
    'signed chunks and trailers',
    SIGNED_TRAILER,
    `b;${SIGNATURE}\r\nhello world\r\n0;${SIGNATURE}\r\nx-amz-checksum-crc32:${CRC32}\r\nx-amz-trailer-signature:ab\r\n\r\n`,
    trailer,
  ],
])('%s is removed', async (_name, framing, body, headers) => {
  expect(await put(framing, body, headers)).toMatchObject({ statusCode: 200 })
  const response = await fetch(`${s3.url}/${PLAIN}/chunked`)
  expect(await response.text()).toBe('hello world')
  expect(response.headers.get('content-encoding')).toBeNull()
})

test('the content encoding of the object itself is kept', async () => {
  await put(UNSIGNED, 'b\r\nhello world\r\n0\r\n\r\n', { 'content-encoding': 'br, aws-chunked' })
  const response = await fetch(`${s3.url}/${PLAIN}/chunked`, { method: 'HEAD' })
  expect(response.headers.get('content-encoding')).toBe('br')
})

test.each([
  [
    'another length than announced',
    'b\r\nhello world\r\n0\r\n\r\n',
    { 'x-amz-decoded-content-length': 12 },
    'IncompleteBody',
  ],
  ['more than announced', 'b\r\nhello world\r\n0\r\n\r\n', { 'x-amz-decoded-content-length': 10 }, 'IncompleteBody'],
  ['no length', 'b\r\nhello world\r\n0\r\n\r\n', { 'x-amz-decoded-content-length': '' }, 'MissingContentLength'],
  ['an early end', 'b\r\nhello', {}, 'IncompleteBody'],
  ['no last chunk', 'b\r\nhello world\r\n', {}, 'IncompleteBody'],
  ['no size', 'hello world\r\n', {}, 'InvalidRequest'],
  ['a wrong size', '4\r\nhello world\r\n0\r\n\r\n', {}, 'InvalidRequest'],
  ['a missing trailer', 'b\r\nhello world\r\n0\r\n\r\n', trailer, 'MalformedTrailerError'],
  ['a broken trailer', 'b\r\nhello world\r\n0\r\nnonsense\r\n\r\n', {}, 'MalformedTrailerError'],
  ['a wrong checksum', 'b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', trailer, 'BadDigest'],
  ['half a checksum', 'b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n', trailer, 'InvalidRequest'],
  ['an endless line', 'a'.repeat(200_000), {}, 'InvalidRequest'],
])('%s is refused', async (_name, body, headers, code) => {
  await fetch(`${s3.url}/${PLAIN}/chunked`, { method: 'DELETE' })
  const reply = await put(UNSIGNED, body, headers)
  expect(reply.body).toContain(`<Code>${code}</Code>`)
  expect((await fetch(`${s3.url}/${PLAIN}/chunked`)).status).toBe(404)
})
