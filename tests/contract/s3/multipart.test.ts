import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { failureOf, PLAIN, type RunningS3, startS3 } from './support/start-s3.ts'

const MIB = 1024 * 1024
const LARGE = Buffer.alloc(5 * MIB, 'large part ')

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const Bucket = PLAIN

async function create(Key: string, input: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }))
  return { Bucket, Key, UploadId }
}

async function read(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

test('lib-storage uploads a stream of unknown length', async () => {
  const pieces = Array.from({ length: 23 }, (_, index) => Buffer.alloc(MIB - 7, String(index)))
  const whole = Buffer.concat(pieces)
  const params = { Bucket, Key: 'streamed', Body: Readable.from(pieces), ContentType: 'text/x', Metadata: { a: 'b' } }
  await new Upload({ client: s3.client, params }).done()

  expect((await read('streamed')).equals(whole)).toBe(true)
  // A range across the border of the first two parts.
  expect(await read('streamed', `bytes=${5 * MIB - 2}-${5 * MIB + 1}`)).toEqual(
    whole.subarray(5 * MIB - 2, 5 * MIB + 2),
  )
  const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }))
  expect(head).toMatchObject({ ContentLength: whole.length, ContentType: 'text/x', Metadata: { a: 'b' } })
  expect(head.ETag).toMatch(/^"[\da-f]{32}-5"$/)
  expect(s3.events.find(({ detail }) => detail.object.key === 'streamed')?.detail).toMatchObject({
    reason: 'CompleteMultipartUpload',
    object: { size: whole.length },
  })
})

test('parts uploaded in any order are joined by number, the last upload of a number wins', async () => {
  const upload = await create('ordered')
  const part = async (PartNumber: number, Body: Buffer) => {
    const { ETag } = await s3.client.send(new UploadPartCommand({ ...upload, PartNumber, Body }))
    return { PartNumber, ETag }
  }
  const last = await part(7, Buffer.from('the end'))
  await part(2, Buffer.from('replaced'))
  const first = await part(2, LARGE)
  await part(3, Buffer.from('left out'))

  const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [first, last] } })
  const { ETag } = await s3.client.send(complete)
  expect((await read('ordered')).equals(Buffer.concat([LARGE, Buffer.from('the end')]))).toBe(true)
  const md5s = [first, last].map((one) => Buffer.from(JSON.parse(one.ETag ?? ''), 'hex'))
  expect(ETag).toBe(`"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2"`)
  // A client that lost the answer sends the request again.
  expect((await s3.client.send(complete)).ETag).toBe(ETag)
  expect(s3.events.filter(({ detail }) => detail.object.key === 'ordered')).toHaveLength(1)
})

test('simultaneous completions make one object', async () => {
  const upload = await create('twice', { ChecksumAlgorithm: 'CRC64NVME' })
  const { ETag } = await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: LARGE }))
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  const calls = Array.from({ length: 5 }, () =>
    s3.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' })),
  )
  expect(new Set((await Promise.all(calls)).map((answer) => answer.ETag)).size).toBe(1)
  expect((await read('twice')).equals(LARGE)).toBe(true)
})

test.each([
  ['CRC32', 'COMPOSITE', /-2$/],
  ['CRC32C', 'FULL_OBJECT', /^[^-]{8}$/],
  ['CRC64NVME', 'FULL_OBJECT', /^[^-]{12}$/],
  ['SHA256', 'COMPOSITE', /-2$/],
] as const)(
  'a checksum %s of type %s is computed for the whole object',
  async (ChecksumAlgorithm, ChecksumType, pattern) => {
    const name = `Checksum${ChecksumAlgorithm}` as const
    const upload = await create(ChecksumAlgorithm, { ChecksumAlgorithm, ChecksumType })
    const bodies = [LARGE, Buffer.from('end')]
    const Parts = await Promise.all(
      bodies.map(async (Body, index) => {
        const input = {
          ...upload,
          PartNumber: index + 1,
          Body,
          ...(ChecksumAlgorithm !== 'CRC64NVME' && { ChecksumAlgorithm }),
        }
        const answer = await s3.client.send(new UploadPartCommand(input))
        return { PartNumber: index + 1, ETag: answer.ETag, [name]: answer[name] }
      }),
    )
    const done = await s3.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    expect(done[name]).toMatch(pattern)
    // The SDK compares a full object's checksum with the bytes that it reads.
    expect((await read(ChecksumAlgorithm)).equals(Buffer.concat(bodies))).toBe(true)
  },
)

test.each([
  ['too small a part', [1, 2], 'EntityTooSmall'],
  ['a wrong order', [2, 1], 'InvalidPartOrder'],
  ['a part that never came', [1, 3], 'InvalidPart'],
  ['no parts', [], 'MalformedXML'],
])('a completion with %s is refused, and the upload stays open', async (_name, numbers, code) => {
  const upload = await create('refused')
  const { ETag } = await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'small' }))
  await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'small' }))
  const Parts = numbers.map((PartNumber) => ({ PartNumber, ETag }))
  const call = s3.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
  expect(await failureOf(call)).toEqual({ code, statusCode: 400 })
  await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 3, Body: 'small' }))
})

test('an aborted upload is removed with its files', async () => {
  const directory = join(s3.directory, 'blobs')
  const before = (await readdir(directory)).length
  const upload = await create('aborted')
  await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: LARGE }))
  expect(await readdir(directory)).toHaveLength(before + 1)
  await s3.client.send(new AbortMultipartUploadCommand(upload))
  const late = s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'late' }))
  expect(await failureOf(late)).toEqual({ code: 'NoSuchUpload', statusCode: 404 })
  while ((await readdir(directory)).length > before) await new Promise((resolve) => setImmediate(resolve))
})

test('an open upload survives a restart', async () => {
  const upload = await create('interrupted')
  const { ETag } = await s3.client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'part' }))
  s3 = await s3.restart()
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  await s3.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }))
  expect((await read('interrupted')).toString()).toBe('part')
})
