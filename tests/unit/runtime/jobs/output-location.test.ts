import { parseS3Folder, parseS3Uri } from '@bedrock-functions/runtime/core'
import { readOutputLocation } from '@bedrock-functions/runtime/jobs/start'

const parse = (s3Uri: unknown) => parseS3Uri(s3Uri, 'field')

test.each([
  ['s3://bucket', { bucket: 'bucket', key: '' }, ''],
  ['s3://bucket/', { bucket: 'bucket', key: '' }, ''],
  ['s3://bucket/a/b', { bucket: 'bucket', key: 'a/b' }, 'a/b/'],
  ['s3://bucket/a/b/', { bucket: 'bucket', key: 'a/b/' }, 'a/b/'],
  ['s3://my.bucket-1/報告 2026/ü+&=', { bucket: 'my.bucket-1', key: '報告 2026/ü+&=' }, '報告 2026/ü+&=/'],
  ['s3://bucket/a...b/.c/..d', { bucket: 'bucket', key: 'a...b/.c/..d' }, 'a...b/.c/..d/'],
  ['s3://bucket/100%/5%z', { bucket: 'bucket', key: '100%/5%z' }, '100%/5%z/'],
])('%s is a location', (s3Uri, place, folder) => {
  expect(parse(s3Uri)).toEqual(place)
  expect(parseS3Folder(s3Uri)).toEqual({ bucket: place.bucket, key: folder })
})

test.each([
  [undefined],
  [null],
  [7],
  [['s3://bucket/a']],
  [''],
  ['bucket/a'],
  ['S3://bucket/a'],
  ['https://bucket.s3.amazonaws.com/a'],
  ['s3:/bucket/a'],
  ['s3://'],
  ['s3:///a'],
  ['s3://Bucket/a'],
  ['s3://b/a'],
  ['s3://bucket_/a'],
  ['s3://user@bucket/a'],
  ['s3://bucket:443/a'],
  ['s3://bücket/a'],
  [`s3://${'b'.repeat(64)}/a`],
  ['s3://bucket/..'],
  ['s3://bucket/../a'],
  ['s3://bucket/a/../b'],
  ['s3://bucket/a/..'],
  ['s3://bucket/a/../'],
  ['s3://bucket/./a'],
  ['s3://bucket/a/.'],
  ['s3://bucket//a'],
  ['s3://bucket/a//b'],
  ['s3://bucket/a//'],
  ['s3://bucket//'],
  ['s3://bucket/%2e%2e/a'],
  ['s3://bucket/%2E%2E%2Fa'],
  ['s3://bucket/a%2fb'],
  ['s3://bucket/a%00'],
  ['s3://bucket/a\u0000'],
  ['s3://bucket/a\nb'],
  ['s3://bucket/a\r'],
  ['s3://bucket/\u007f'],
  ['s3://bucket\\..\\a/b'],
  ['s3://bucket/a\\..\\b'],
  ['s3://bucket/\ta'],
])('%j is not a location', (s3Uri) => {
  expect(() => parse(s3Uri)).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringMatching(/^field /) }),
  )
})

test('a key is at most 1,024 bytes, not characters', () => {
  expect(parse(`s3://bucket/${'a'.repeat(1024)}`).key).toHaveLength(1024)
  expect(() => parse(`s3://bucket/${'a'.repeat(1025)}`)).toThrow('1024 bytes')
  expect(parse(`s3://bucket/${'山'.repeat(341)}`).key).toHaveLength(341)
  expect(() => parse(`s3://bucket/${'山'.repeat(342)}`)).toThrow('1024 bytes')
})

describe('an output location', () => {
  const ALLOWED = ['arn:aws:s3:::results/team-a/*', 'arn:aws-cn:s3:::whole/*', 'arn:aws:s3:::exact/place']
  const jobs = { bucket: 'jobs-bucket', outputLocations: ALLOWED }
  const members = { kmsKeyId: 's3EncryptionKeyId', bucketOwner: 's3BucketOwner' }
  const read = (location: object) => readOutputLocation({ s3OutputDataConfig: location }, jobs, members)
  const admit = (s3Uri: string) => read({ s3Uri })

  test('has the optional members by the names of its operation', () => {
    const location = { s3Uri: 's3://whole/x', s3EncryptionKeyId: 'alias/key', s3BucketOwner: '123456789012' }
    const expected = { s3Uri: 's3://whole/x', kmsKeyId: 'alias/key', bucketOwner: '123456789012' }
    expect(read(location)).toEqual(expected)
  })

  test.each([
    ['s3EncryptionKeyId', '../key', 'the id or ARN of a KMS key'],
    ['s3BucketOwner', 'me', 'an account id of 12 digits'],
  ])('names its malformed member %s', (name, value, form) => {
    expect(() => read({ s3Uri: 's3://whole/x', [name]: value })).toThrow(
      `outputDataConfig.s3OutputDataConfig.${name} must be ${form}.`,
    )
  })

  test.each([
    ['s3://jobs-bucket/output'],
    ['s3://jobs-bucket/output/'],
    ['s3://jobs-bucket/output/mine/2026'],
    ['s3://results/team-a'],
    ['s3://results/team-a/'],
    ['s3://results/team-a/x'],
    ['s3://whole'],
    ['s3://whole/x'],
  ])('is allowed: %s', (s3Uri) => {
    expect(() => admit(s3Uri)).not.toThrow()
  })

  test.each([
    ['s3://jobs-bucket'],
    ['s3://jobs-bucket/'],
    ['s3://jobs-bucket/jobs'],
    ['s3://jobs-bucket/tokens/x'],
    ['s3://jobs-bucket/open'],
    ['s3://jobs-bucket/inbox'],
    ['s3://jobs-bucket/outbox/output'],
    ['s3://jobs-bucket/output-2'],
    ['s3://jobs-bucket/Output'],
    ['s3://jobs-bucket-2/output'],
    ['s3://other/output'],
    ['s3://other/jobs-bucket/output'],
    ['s3://results'],
    ['s3://results/team-ab'],
    ['s3://results/team-a-2/x'],
    ['s3://results/x/team-a'],
    ['s3://results-2/team-a'],
    ['s3://whole-2/x'],
    ['s3://wholex'],
    // As in an IAM policy, an ARN without a star names one object.
    ['s3://exact/place-2'],
    ['s3://exact/place'],
  ])('is refused: %s', (s3Uri) => {
    expect(() => admit(s3Uri)).toThrow(
      expect.objectContaining({ name: 'AccessDeniedException', message: expect.stringContaining(s3Uri) }),
    )
  })

  test('leaves room for the names of the files', () => {
    const folderOf = (bytes: number) => `s3://whole/${'x'.repeat(bytes - 1)}`
    expect(() => admit(folderOf(1024 - '012345678901/manifest.json'.length))).not.toThrow()
    expect(() => admit(folderOf(1024 - '012345678901/manifest.json'.length + 1))).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining('too long') }),
    )
  })

  test('with ".." segments is refused before it is compared', () => {
    expect(() => admit('s3://results/team-a/../team-b')).toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    )
  })
})
