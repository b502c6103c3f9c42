import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
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

describe('a copy', () => {
  beforeAll(() =>
    s3.client.send(
      new PutObjectCommand({ Bucket, Key: 'from/a b+é', Body: 'source', ContentType: 'text/a', Metadata: { a: '1' } }),
    ),
  )
  const CopySource = `${Bucket}/${encodeURIComponent('from/a b+é')}`

  test('has the headers of the source', async () => {
    const { CopyObjectResult } = await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }))
    const got = await read('to')
    expect(got).toMatchObject({ text: 'source', ContentType: 'text/a', Metadata: { a: '1' } })
    expect(got.ETag).toBe(CopyObjectResult?.ETag)
  })

  test('has new headers with REPLACE, also onto the object itself', async () => {
    const replacement = { MetadataDirective: 'REPLACE', ContentType: 'text/b', Metadata: { b: '2' } } as const
    await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'replaced', CopySource, ...replacement }))
    await s3.client.send(
      new CopyObjectCommand({ Bucket, Key: 'replaced', CopySource: `${Bucket}/replaced`, ...replacement }),
    )
    expect(await read('replaced')).toMatchObject({ text: 'source', ContentType: 'text/b', Metadata: { b: '2' } })
  })

  test.each([
    ['nothing changes', { Key: 'from/a b+é' }, 'InvalidRequest'],
    ['the source is another', { Key: 'to', CopySourceIfMatch: '"other"' }, 'PreconditionFailed'],
    ['the target is there', { Key: 'to', IfNoneMatch: '*' }, 'PreconditionFailed'],
    ['the source is not there', { Key: 'to', CopySource: `${Bucket}/nowhere` }, 'NoSuchKey'],
    ['there is no such directive', { Key: 'to', MetadataDirective: 'MERGE' as 'COPY' }, 'InvalidArgument'],
  ])('is refused when %s', async (_name, input, code) => {
    const call = s3.client.send(new CopyObjectCommand({ Bucket, CopySource, ...input }))
    expect((await failureOf(call)).code).toBe(code)
  })
})
