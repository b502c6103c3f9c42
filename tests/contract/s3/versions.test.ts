import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { failureOf, type RunningS3, startS3, VERSIONED } from './support/start-s3.ts'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const Bucket = VERSIONED

async function put(Key: string, Body: string): Promise<string> {
  const { VersionId } = await s3.client.send(new PutObjectCommand({ Bucket, Key, Body }))
  return VersionId ?? ''
}

async function read(Key: string, VersionId?: string) {
  const answer = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }))
  return { text: await answer.Body?.transformToString(), versionId: answer.VersionId }
}

test('a versioned bucket keeps every version', async () => {
  const first = await put('kept', 'first')
  const second = await put('kept', 'second')
  expect(await read('kept')).toEqual({ text: 'second', versionId: second })
  expect(await read('kept', first)).toEqual({ text: 'first', versionId: first })
  const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'kept', VersionId: first }))
  expect(head).toMatchObject({ VersionId: first, ContentLength: 5 })
  expect(await failureOf(read('kept', 'unknown'))).toEqual({ code: 'NoSuchVersion', statusCode: 404 })
})

test('a deletion adds a marker, whose removal restores the object', async () => {
  const version = await put('marked', 'x')
  const marker = await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'marked' }))
  expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) })
  expect(await failureOf(read('marked'))).toEqual({ code: 'NoSuchKey', statusCode: 404 })
  const response = await fetch(`${s3.url}/${Bucket}/marked`)
  expect(response.headers.get('x-amz-delete-marker')).toBe('true')
  expect(await failureOf(read('marked', marker.VersionId))).toEqual({ code: 'MethodNotAllowed', statusCode: 405 })
  expect((await read('marked', version)).text).toBe('x')
  const { KeyCount } = await s3.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'marked' }))
  expect(KeyCount).toBe(0)

  const removal = { Bucket, Key: 'marked', VersionId: marker.VersionId }
  expect(await s3.client.send(new DeleteObjectCommand(removal))).toMatchObject({ DeleteMarker: true })
  expect(await read('marked')).toEqual({ text: 'x', versionId: version })
})

test('a deletion with a version id removes that version for ever', async () => {
  const first = await put('removed', 'first')
  const second = await put('removed', 'second')
  await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'removed', VersionId: second }))
  expect(await read('removed')).toEqual({ text: 'first', versionId: first })
  await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'removed', VersionId: first }))
  expect(await failureOf(read('removed'))).toEqual({ code: 'NoSuchKey', statusCode: 404 })
})

test('an old version can be copied over the new one', async () => {
  const first = await put('restored', 'first')
  await put('restored', 'second')
  const CopySource = `${Bucket}/restored?versionId=${first}`
  const copy = await s3.client.send(new CopyObjectCommand({ Bucket, Key: 'restored', CopySource }))
  expect(copy.CopySourceVersionId).toBe(first)
  expect(await read('restored')).toEqual({ text: 'first', versionId: copy.VersionId })
})

test.each([1, 2, 3, 1000])('versions and markers are listed, %d per page', async (MaxKeys) => {
  const Prefix = `listed-${MaxKeys}/`
  const ids = [await put(`${Prefix}a`, '1'), await put(`${Prefix}a`, '2'), await put(`${Prefix}b/c`, '3')]
  const marker = await s3.client.send(new DeleteObjectCommand({ Bucket, Key: `${Prefix}a` }))

  const seen: unknown[] = []
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}
  for (let hasMore = true; hasMore; ) {
    const page = await s3.client.send(new ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys, ...markers }))
    const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
    expect(entries.length).toBeLessThanOrEqual(MaxKeys)
    seen.push(...entries.map(({ Key, VersionId, IsLatest }) => `${Key} ${VersionId} ${IsLatest}`))
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
    hasMore = page.IsTruncated ?? false
  }
  expect(seen.sort()).toEqual(
    [
      `${Prefix}a ${marker.VersionId} true`,
      `${Prefix}a ${ids[1]} false`,
      `${Prefix}a ${ids[0]} false`,
      `${Prefix}b/c ${ids[2]} true`,
    ].sort(),
  )
  const grouped = await s3.client.send(new ListObjectVersionsCommand({ Bucket, Prefix, Delimiter: '/' }))
  expect(grouped.CommonPrefixes).toEqual([{ Prefix: `${Prefix}b/` }])
})
