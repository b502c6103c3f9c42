import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { openPut } from './support/slow-put.ts'
import { failureOf, PLAIN, type RunningS3, startS3, VERSIONED } from './support/start-s3.ts'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const MISMATCH = { code: 'PreconditionFailed', statusCode: 412 }
const ABSENT = { code: 'NoSuchKey', statusCode: 404 }

async function put(Key: string, Body: string, condition: { IfMatch?: string; IfNoneMatch?: string } = {}) {
  const { ETag = '' } = await s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body, ...condition }))
  return ETag
}

async function read(Key: string) {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: PLAIN, Key }))
  return Body?.transformToString()
}

describe('writes', () => {
  test('If-None-Match: * creates and never replaces', async () => {
    await put('created', 'first', { IfNoneMatch: '*' })
    expect(await failureOf(put('created', 'second', { IfNoneMatch: '*' }))).toEqual(MISMATCH)
    expect(await read('created')).toBe('first')
    expect(await failureOf(put('created', 'x', { IfNoneMatch: '"etag"' }))).toMatchObject({ code: 'NotImplemented' })
  })

  test('If-Match replaces only the object with that ETag', async () => {
    const first = await put('replaced', 'first')
    const second = await put('replaced', 'second', { IfMatch: first })
    expect(await failureOf(put('replaced', 'third', { IfMatch: first }))).toEqual(MISMATCH)
    expect(await failureOf(put('never there', 'x', { IfMatch: first }))).toEqual(ABSENT)
    expect(await put('replaced', 'third', { IfMatch: second.replaceAll('"', '') })).not.toBe(second)
  })

  test('a deleted key can be created again, also behind a delete marker', async () => {
    for (const Bucket of [PLAIN, VERSIONED]) {
      const input = { Bucket, Key: 'freed', Body: 'x', IfNoneMatch: '*' }
      await s3.client.send(new PutObjectCommand(input))
      await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'freed' }))
      await s3.client.send(new PutObjectCommand(input))
    }
  })

  test('a copy can be conditional', async () => {
    await put('source', 'x')
    const copy = { Bucket: PLAIN, Key: 'copy', CopySource: `${PLAIN}/source`, IfNoneMatch: '*' }
    await s3.client.send(new CopyObjectCommand(copy))
    expect(await failureOf(s3.client.send(new CopyObjectCommand(copy)))).toEqual(MISMATCH)
  })
})

describe('writes at the same time', () => {
  test('of 100 creations exactly one succeeds', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        put('race', `body ${index}`, { IfNoneMatch: '*' }).then(
          () => index,
          (error) => error.$metadata.httpStatusCode as number,
        ),
      ),
    )
    const winners = outcomes.filter((outcome, index) => outcome === index)
    expect(winners).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 412 || outcome === 409)).toHaveLength(99)
    expect(await read('race')).toBe(`body ${winners[0]}`)
  })

  test('a counter with If-Match loses no increment', async () => {
    await put('counter', '0')
    const increment = async () => {
      for (;;) {
        const { Body, ETag = '' } = await s3.client.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'counter' }))
        const next = String(Number(await Body?.transformToString()) + 1)
        const failure = await put('counter', next, { IfMatch: ETag }).then(
          () => undefined,
          (error: Error) => error,
        )
        if (!failure) return
        expect(failure.name).toBe('PreconditionFailed')
      }
    }
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let step = 0; step < 5; step += 1) await increment()
      }),
    )
    expect(await read('counter')).toBe('40')
  })

  test('a slow write fails with 412 when another one succeeds meanwhile', async () => {
    const slow = await openPut(s3.url, `/${PLAIN}/overtaken`, 'slow', ['if-none-match: *'])
    await put('overtaken', 'fast')
    expect(await slow.finish()).toMatchObject({ statusCode: 412, body: expect.stringContaining('PreconditionFailed') })
    expect(await read('overtaken')).toBe('fast')
  })

  test.each([
    ['if-none-match: *', 'created and deleted'],
    ['if-match: *', 'deleted'],
  ])('a slow write with %s fails with 409 when its key is %s meanwhile', async (header) => {
    if (header.startsWith('if-match')) await put('conflict', 'before')
    const slow = await openPut(s3.url, `/${PLAIN}/conflict`, 'slow', [header])
    if (!header.startsWith('if-match')) await put('conflict', 'meanwhile')
    await s3.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'conflict' }))
    const reply = await slow.finish()
    expect(reply).toMatchObject({ statusCode: 409, body: expect.stringContaining('ConditionalRequestConflict') })
  })
})

describe('deletions', () => {
  const remove = (Key: string, IfMatch: string) =>
    failureOf(s3.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key, IfMatch })))

  test('If-Match deletes only the object with that ETag', async () => {
    const etag = await put('deleted', 'x')
    expect(await remove('deleted', '"other"')).toEqual(MISMATCH)
    expect(await remove('deleted', etag)).toMatchObject({ code: undefined })
    expect(await remove('deleted', etag)).toEqual(ABSENT)
    expect(await remove('deleted', '*')).toEqual(MISMATCH)
  })
})

describe('reads', () => {
  let ETag: string
  beforeAll(async () => {
    ETag = await put('read', 'x')
  })
  const before = new Date(Date.now() - 60_000)
  const after = new Date(Date.now() + 60_000)

  test.each([
    ['If-Match', () => ({ IfMatch: ETag }), 200],
    ['If-Match of another', () => ({ IfMatch: '"other"' }), 412],
    ['If-None-Match', () => ({ IfNoneMatch: ETag }), 304],
    ['If-None-Match of another', () => ({ IfNoneMatch: '"other"' }), 200],
    ['If-Modified-Since, not modified', () => ({ IfModifiedSince: after }), 304],
    ['If-Modified-Since, modified', () => ({ IfModifiedSince: before }), 200],
    ['If-Unmodified-Since, modified', () => ({ IfUnmodifiedSince: before }), 412],
    ['If-Match over If-Unmodified-Since', () => ({ IfMatch: ETag, IfUnmodifiedSince: before }), 200],
    ['If-None-Match over If-Modified-Since', () => ({ IfNoneMatch: '"other"', IfModifiedSince: after }), 200],
  ])('are answered by condition: %s', async (_name, condition, statusCode) => {
    for (const Command of [GetObjectCommand, HeadObjectCommand]) {
      const call = s3.client.send(new Command({ Bucket: PLAIN, Key: 'read', ...condition() }))
      const answered = await call.then(
        (answer) => answer.$metadata.httpStatusCode,
        (error) => error.$metadata.httpStatusCode,
      )
      expect(answered).toBe(statusCode)
    }
  })

  test('with 304 have the ETag and no body', async () => {
    const response = await fetch(`${s3.url}/${PLAIN}/read`, { headers: { 'if-none-match': ETag } })
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([304, ETag, ''])
  })
})
