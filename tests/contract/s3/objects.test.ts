import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { failureOf, PLAIN, type RunningS3, startS3 } from './support/start-s3.ts'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const Bucket = PLAIN

async function read(Key: string) {
  const { Body, ...answer } = await s3.client.send(new GetObjectCommand({ Bucket, Key }))
  return { ...answer, text: await Body?.transformToString() }
}

describe('an object', () => {
  test('has the headers and metadata of its upload', async () => {
    const headers = {
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      ContentDisposition: 'attachment; filename="a.json"',
      ContentLanguage: 'ja',
      CacheControl: 'no-store',
      Metadata: { owner: 'somebody', 'two-words': 'a b' },
    }
    const put = await s3.client.send(new PutObjectCommand({ Bucket, Key: 'described', Body: '{"a":1}', ...headers }))
    const got = await read('described')
    expect(got).toMatchObject({ ...headers, text: '{"a":1}', ContentLength: 7, AcceptRanges: 'bytes' })
    expect(got.ETag).toBe(`"${createHash('md5').update('{"a":1}').digest('hex')}"`)
    expect(got).toMatchObject({ ETag: put.ETag, ChecksumCRC32: put.ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
    expect(got.LastModified?.getTime()).toBeLessThanOrEqual(Date.now())
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'described' }))
    expect(head).toMatchObject({ ...headers, ContentLength: 7, ETag: put.ETag })
  })

  test.each([
    ['nothing', ''],
    ['a string', 'hello'],
    ['64 KiB, the most that is collected', 'a'.repeat(64 * 1024)],
    ['one byte more', 'a'.repeat(64 * 1024 + 1)],
    ['300,000 bytes of Unicode', '日本'.repeat(50_000)],
  ])('%s is stored from a string and from a stream in chunks', async (_name, text) => {
    await s3.client.send(
      new PutObjectCommand({ Bucket, Key: 'string', Body: text, ContentLength: Buffer.byteLength(text) }),
    )
    expect((await read('string')).text === text).toBe(true)
    const Body = Readable.from([text.slice(0, 3), text.slice(3)].map((piece) => Buffer.from(piece)))
    const ContentLength = Buffer.byteLength(text)
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength }))
    const got = await read('stream')
    expect(got.text === text).toBe(true)
    // The framing of the transfer is not an encoding of the object.
    expect(got.ContentEncoding).toBeUndefined()
  })

  test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
    'from a stream with %s in its trailer is checked',
    async (algorithm) => {
      const text = 'checked'.repeat(20_000)
      const Body = Readable.from([Buffer.from(text)])
      const input = { Bucket, Key: algorithm, Body, ContentLength: text.length, ChecksumAlgorithm: algorithm }
      const put = await s3.client.send(new PutObjectCommand(input))
      expect(put[`Checksum${algorithm}`]).toEqual(expect.any(String))
      // The SDK compares the answer's checksum with the bytes that it reads.
      expect(await read(algorithm)).toMatchObject({ text, [`Checksum${algorithm}`]: put[`Checksum${algorithm}`] })
    },
  )

  test.each([
    'with space',
    'plus+plus',
    '日本語/😀.txt',
    '../../escape',
    './.',
    'a//b/',
    'a%2Fb',
    '100%',
    'quote"\'<&>',
    '~!*()',
    'C:\\x',
    'CON',
    'k'.repeat(1024),
    '\u0001control\n',
  ])('is stored under the key %j', async (Key) => {
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
    expect((await read(Key)).text).toBe(Key)
    const { Contents } = await s3.client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: 'url' }))
    expect(Contents?.map((object) => decodeURIComponent((object.Key ?? '').replaceAll('+', '%20')))).toContain(Key)
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key }))
    expect(await failureOf(read(Key))).toEqual({ code: 'NoSuchKey', statusCode: 404 })
  })

  test('with a key over 1,024 bytes is refused', async () => {
    const call = s3.client.send(new PutObjectCommand({ Bucket, Key: `${'é'.repeat(512)}x`, Body: 'x' }))
    expect(await failureOf(call)).toEqual({ code: 'KeyTooLongError', statusCode: 400 })
  })

  test('with metadata over 2 KB is refused', async () => {
    const Metadata = { large: 'x'.repeat(2100) }
    const call = s3.client.send(new PutObjectCommand({ Bucket, Key: 'large', Body: 'x', Metadata }))
    expect(await failureOf(call)).toEqual({ code: 'MetadataTooLarge', statusCode: 400 })
  })

  test('with a wrong Content-MD5 or checksum is refused and not stored', async () => {
    const wrong = Buffer.alloc(16, 1).toString('base64')
    const md5 = s3.client.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: 'x', ContentMD5: wrong }))
    expect(await failureOf(md5)).toEqual({ code: 'BadDigest', statusCode: 400 })
    const crc = s3.client.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: 'x', ChecksumCRC32: 'AAAAAA==' }))
    expect(await failureOf(crc)).toEqual({ code: 'BadDigest', statusCode: 400 })
    const crc64 = { Bucket, Key: 'wrong', Body: 'x', ChecksumCRC64NVME: 'AAAAAAAAAAA=' }
    expect(await failureOf(s3.client.send(new PutObjectCommand(crc64)))).toEqual({ code: 'BadDigest', statusCode: 400 })
    expect(await failureOf(read('wrong'))).toEqual({ code: 'NoSuchKey', statusCode: 404 })
  })

  test('can be addressed in virtual-host style', async () => {
    // Some resolvers do not know names below localhost.
    const lookup: LookupFunction = (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }])
    const requestHandler = new NodeHttpHandler({ httpAgent: new Agent({ lookup }) })
    const client = s3.connect({ endpoint: s3.url.replace('127.0.0.1', 'localhost'), requestHandler })
    await client.send(new PutObjectCommand({ Bucket, Key: 'by/host', Body: 'host' }))
    expect((await read('by/host')).text).toBe('host')
  })
})

describe('ranges', () => {
  beforeAll(() => s3.client.send(new PutObjectCommand({ Bucket, Key: 'range', Body: '0123456789' })))

  test.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=3-5', '345', 'bytes 3-5/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ])('%s returns its part', async (Range, text, ContentRange) => {
    const { Body, ...answer } = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
    expect(answer).toMatchObject({ ContentRange, ContentLength: text.length })
    expect(answer.$metadata.httpStatusCode).toBe(206)
    expect(await Body?.transformToString()).toBe(text)
  })

  test.each(['bytes=10-', 'bytes=-0'])('%s after the end is InvalidRange', async (Range) => {
    const call = s3.client.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
    expect(await failureOf(call)).toEqual({ code: 'InvalidRange', statusCode: 416 })
  })

  test('several ranges and malformed ranges return the whole object', async () => {
    for (const Range of ['bytes=0-1,3-4', 'bytes=5-3', 'lines=1-2']) {
      const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
      expect(await Body?.transformToString()).toBe('0123456789')
    }
  })
})

test('the query can override response headers', async () => {
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'override', Body: 'x', ContentType: 'text/plain' }))
  const overrides = { ResponseContentType: 'image/png', ResponseContentDisposition: 'attachment; filename="日本.png"' }
  const got = await s3.client.send(new GetObjectCommand({ Bucket, Key: 'override', ...overrides }))
  expect(got.ContentType).toBe('image/png')
  expect(Buffer.from(got.ContentDisposition ?? '', 'latin1').toString()).toBe('attachment; filename="日本.png"')
})

test('each object of DeleteObjects succeeds or fails by itself', async () => {
  for (const Key of ['many/1', 'many/2&', 'many/3'])
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
  const Objects = [{ Key: 'many/1' }, { Key: 'many/2&' }, { Key: 'many/absent' }, { Key: 'many/3', ETag: 'other' }]
  const result = await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  expect(result.Deleted?.map(({ Key }) => Key)).toEqual(['many/1', 'many/2&', 'many/absent'])
  expect(result.Errors).toEqual([expect.objectContaining({ Key: 'many/3', Code: 'PreconditionFailed' })])
  const quiet = await s3.client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'many/3' }], Quiet: true } }),
  )
  expect(quiet.Deleted).toBeUndefined()
  const { KeyCount } = await s3.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/' }))
  expect(KeyCount).toBe(0)
})
