import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { failureOf, PLAIN, type RunningS3, startS3 } from './support/start-s3.ts'

const KEYS = ['a', 'a/', 'a/b', 'a/b/c', 'a/c', 'b/1', 'b/2', 'b/3', 'b/3/4', 'é', '\uffee', '😀', '😀/x']

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
  const shuffled = KEYS.toReversed()
  await Promise.all(shuffled.map((Key) => s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body: Key }))))
})
afterAll(() => s3.close())

async function list(input: Partial<ListObjectsV2CommandInput> = {}) {
  const answer = await s3.client.send(new ListObjectsV2Command({ Bucket: PLAIN, ...input }))
  return {
    answer,
    keys: answer.Contents?.map(({ Key }) => Key) ?? [],
    prefixes: answer.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
  }
}

test('keys are listed in the order of UTF-8', async () => {
  const { answer, keys } = await list()
  expect(keys).toEqual(KEYS)
  expect(answer).toMatchObject({ Name: PLAIN, KeyCount: KEYS.length, MaxKeys: 1000, IsTruncated: false })
  expect(answer.Contents?.[2]).toMatchObject({
    Key: 'a/b',
    Size: 3,
    StorageClass: 'STANDARD',
    ETag: expect.any(String),
  })
  expect(answer.Contents?.[2]?.Owner).toBeUndefined()
})

it.each<[string, Partial<ListObjectsV2CommandInput>, string[], string[]]>([
  ['a prefix', { Prefix: 'a/b' }, ['a/b', 'a/b/c'], []],
  ['a delimiter', { Delimiter: '/' }, ['a', 'é', '\uffee', '😀'], ['a/', 'b/', '😀/']],
  ['both', { Prefix: 'b/', Delimiter: '/' }, ['b/1', 'b/2', 'b/3'], ['b/3/']],
  ['a long delimiter', { Delimiter: '/b/' }, KEYS.filter((key) => key !== 'a/b/c'), ['a/b/']],
  ['a start', { StartAfter: 'b/2' }, ['b/3', 'b/3/4', 'é', '\uffee', '😀', '😀/x'], []],
  ['a start that is not a key', { StartAfter: 'b/20', Prefix: 'b/' }, ['b/3', 'b/3/4'], []],
  ['a start inside a common prefix', { StartAfter: 'b/2', Delimiter: '/', Prefix: 'b' }, [], ['b/']],
  ['an unknown prefix', { Prefix: 'zzz' }, [], []],
  ['zero keys', { MaxKeys: 0 }, [], []],
])('a listing with %s has its keys and common prefixes', async (_name, input, keys, prefixes) => {
  expect(await list(input)).toMatchObject({ keys, prefixes })
})

test.each([1, 2, 3, 5])('pages of %d with a delimiter have every entry once', async (pageSize) => {
  const keys: (string | undefined)[] = []
  const prefixes: (string | undefined)[] = []
  for await (const page of paginateListObjectsV2({ client: s3.client, pageSize }, { Bucket: PLAIN, Delimiter: '/' })) {
    expect(page.KeyCount).toBeLessThanOrEqual(pageSize)
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key))
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix))
  }
  expect({ keys, prefixes }).toEqual({ keys: ['a', 'é', '\uffee', '😀'], prefixes: ['a/', 'b/', '😀/'] })
})

test('keys are encoded and the owner is named on request', async () => {
  await s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'url/ +&é\u0007', Body: 'x' }))
  const { answer, keys } = await list({ Prefix: 'url/', EncodingType: 'url', FetchOwner: true })
  expect(keys).toEqual(['url/+%2B%26%C3%A9%07'])
  expect(answer).toMatchObject({ EncodingType: 'url', Prefix: 'url/' })
  expect(answer.Contents?.[0]?.Owner?.ID).toBe('123456789012')
})

test.each([
  ['a broken token', { ContinuationToken: 'nonsense' }],
  ['a wrong encoding', { EncodingType: 'base64' as 'url' }],
  ['a negative size', { MaxKeys: -1 }],
])('%s is refused', async (_name, input) => {
  expect(await failureOf(list(input))).toEqual({ code: 'InvalidArgument', statusCode: 400 })
})
