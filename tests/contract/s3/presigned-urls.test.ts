import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { PLAIN, type RunningS3, startS3 } from './support/start-s3.ts'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const Bucket = PLAIN

test('a presigned URL uploads and downloads without credentials', async () => {
  const Key = 'media/日本 +.png'
  const input = { Bucket, Key, ContentType: 'image/png', Metadata: { job: '1' } }
  // The SDK puts the checksum of an empty body into the URL; S3 ignores it.
  const upload = await getSignedUrl(s3.client, new PutObjectCommand(input), { expiresIn: 60 })
  const put = await fetch(upload, { method: 'PUT', body: 'bytes', headers: { 'content-type': 'image/png' } })
  expect(put.status).toBe(200)

  const download = await getSignedUrl(
    s3.client,
    new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: 'inline' }),
  )
  const got = await fetch(download)
  expect([got.status, await got.text()]).toEqual([200, 'bytes'])
  expect(Object.fromEntries(got.headers)).toMatchObject({
    'content-type': 'image/png',
    'x-amz-meta-job': '1',
    'content-disposition': 'inline',
  })
})

test('an expired URL is refused', async () => {
  const signingDate = new Date(Date.now() - 61_000)
  const url = await getSignedUrl(s3.client, new GetObjectCommand({ Bucket, Key: 'x' }), { expiresIn: 60, signingDate })
  const response = await fetch(url)
  expect(response.status).toBe(403)
  const text = await response.text()
  expect(text).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>')
  expect(text).toMatch(/<Expires>[^<]+Z<\/Expires><ServerTime>[^<]+Z<\/ServerTime>/)
})

test.each(['0', '604801', 'soon'])('a URL valid for %s seconds is refused', async (seconds) => {
  const url = await getSignedUrl(s3.client, new GetObjectCommand({ Bucket, Key: 'x' }), { expiresIn: 60 })
  const response = await fetch(url.replace('X-Amz-Expires=60', `X-Amz-Expires=${seconds}`))
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining('<Code>AuthorizationQueryParametersError</Code>'),
  ])
})
