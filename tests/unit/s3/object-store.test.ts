import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ObjectEvent } from '@bedrock-functions/s3-emulator'
import { ObjectStore } from '../../../local/s3/storage/object-store.ts'
import { JournalError } from '../../../local/storage/journal.ts'
import { collect } from './collect.ts'

const CAUSE = { requestId: 'ID', sourceIpAddress: '127.0.0.1', reason: 'PutObject' } as const

let directory: string
let store: ObjectStore
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'object-store-'))
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const journal = () => join(directory, 'journal.jsonl')

async function open(onEvent?: (event: ObjectEvent) => void, isVersioned = false) {
  store = await ObjectStore.open({
    directory,
    buckets: [{ name: 'bucket', isVersioned, sendsEvents: true }],
    owner: { accountId: '123456789012', region: 'us-east-1' },
    onEvent,
  })
  const bucket = store.bucket('bucket')
  if (!bucket) throw new Error('no bucket')
  return bucket
}

async function put(key: string, body: string) {
  const bucket = store.bucket('bucket')
  const blob = await store.blobs.write(
    (async function* () {
      yield Buffer.from(body)
    })(),
  )
  if (!bucket || !blob) throw new Error('no bucket or blob')
  const draft = { key, etag: 'e', size: body.length, blobs: [blob], system: {}, metadata: {} }
  return store.putObject(bucket, draft, CAUSE)
}

const blobFiles = () => readdirSync(join(directory, 'blobs'))

test('an unfinished last record is dropped, wherever a crash cut it', async () => {
  await open()
  await put('kept', 'x')
  const { length } = readFileSync(journal())
  await put('torn', 'y')
  await store.close()
  const whole = readFileSync(journal())
  for (const end of [length + 1, length + 20, whole.length - 1]) {
    writeFileSync(journal(), whole)
    truncateSync(journal(), end)
    const bucket = await open()
    expect([bucket.current('kept')?.key, bucket.current('torn')]).toEqual(['kept', undefined])
    // The next record starts on a new line.
    await put('next', 'z')
    await store.close()
    expect((await open()).current('next')?.key).toBe('next')
    await store.close()
  }
})

test('damage in the middle is an error that names the line', async () => {
  await open()
  await store.close()
  appendFileSync(journal(), 'not JSON\n')
  await expect(open()).rejects.toThrow(JournalError)
  await expect(open()).rejects.toThrow(/journal\.jsonl, line 2/)
})

test('the next start removes bodies without a record, and only those', async () => {
  await open()
  const { blobs } = await put('kept', 'x')
  await store.blobs.write(
    (async function* () {
      yield Buffer.from('never accepted')
    })(),
  )
  await store.close()
  expect(blobFiles()).toHaveLength(2)
  await open()
  await store.close()
  expect(blobFiles()).toEqual(blobs.map(({ id }) => id))
})

test('an interrupted body leaves no file', async () => {
  await open()
  const broken = store.blobs.write(
    (async function* () {
      yield Buffer.alloc(100_000)
      throw new Error('gone')
    })(),
  )
  await expect(broken).rejects.toThrow('gone')
  while (blobFiles().length > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('a reader reads an object to its end, even if it is deleted meanwhile', async () => {
  const bucket = await open()
  const version = await put('replaced', 'first')
  const reader = store.blobs.read(version.blobs, { first: 1, last: 3 })
  await put('replaced', 'second')
  expect(bucket.current('replaced')?.size).toBe(6)
  expect(await collect(reader)).toBe('irs')
  expect(blobFiles()).toHaveLength(2)
  reader.close()
  reader.close()
  while (blobFiles().length > 1) await new Promise((resolve) => setImmediate(resolve))
})

test('a long journal is rewritten with the same state', async () => {
  const delivered: string[] = []
  const deliver = (event: ObjectEvent) => {
    if (event.detail.object.key === 'waiting') throw new Error('not now')
    delivered.push(event.id)
  }
  const bucket = await open(deliver, true)
  store.startDelivery()
  const first = await put('versions', '1')
  await put('versions', '2')
  await put('waiting', 'x')
  const upload = { uploadId: 'upload', key: 'open', initiated: 1, system: {}, metadata: {} }
  store.addUpload(bucket, upload)
  let last = first
  for (let index = 0; index < 30_000; index += 1) {
    last = store.putObject(bucket, { ...first, key: 'gone', blobs: [] }, CAUSE)
    store.removeVersion(bucket, last, CAUSE)
    // Deliveries run in between.
    if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(readFileSync(journal()).toString().split('\n').length).toBeLessThan(60_000)
  await store.close()

  const offered: string[] = []
  const again = await open((event) => void offered.push(event.detail.object.key))
  expect(again.versionsOf('versions').map(({ size, versionId }) => [size, versionId === first.versionId])).toEqual([
    [1, false],
    [1, true],
  ])
  expect([again.keys.length, again.upload('open', 'upload')?.upload]).toEqual([2, upload])
  expect((await put('later', 'x')).sequence).toBeGreaterThan(last.sequence + 1)
  store.startDelivery()
  while (!offered.includes('later')) await new Promise((resolve) => setImmediate(resolve))
  expect(offered).toContain('waiting')
})
