import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { ObjectEvent } from '@bedrock-functions/s3-emulator'
import { until } from './support/start-s3.ts'

const ROUNDS = 8
const WRITERS = 8
const Bucket = 'plain'

let directory: string
let child: ChildProcess
let client: S3Client

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'embedded-s3-crash-'))
})
afterAll(async () => {
  client.destroy()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await rm(directory, { recursive: true, force: true })
})

async function start(): Promise<void> {
  child = fork(
    join(import.meta.dirname, 'fixtures/s3-process.ts'),
    [join(directory, 'data'), join(directory, 'events')],
    {
      execArgv: ['--conditions=@bedrock-functions/source', '--disable-warning=ExperimentalWarning'],
    },
  )
  const [port] = await once(child, 'message')
  client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
}

/** Returns the body of a key, from 0 to 200 KB, so that a partial body is noticed. */
function bodyOf(key: string): Buffer {
  const number = Number(key.split('/')[1])
  return Buffer.alloc((number * 7919) % 200_000, `${key} `)
}

const written = new Set<string>()
const deleted = new Set<string>()
let next = 0

/** Writes, and sometimes deletes, until the server has ended. */
async function writeUntilKilled(): Promise<void> {
  for (;;) {
    next += 1
    const Key = `object/${next}`
    try {
      if (next % 5 === 0) await uploadInParts(Key)
      else await client.send(new PutObjectCommand({ Bucket, Key, Body: bodyOf(Key), IfNoneMatch: '*' }))
      written.add(Key)
      if (next % 7 !== 0) continue
      written.delete(Key)
      await client.send(new DeleteObjectCommand({ Bucket, Key }))
      deleted.add(Key)
    } catch {
      return
    }
  }
}

async function uploadInParts(Key: string): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const upload = { Bucket, Key, UploadId }
  const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: bodyOf(Key) }))
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }))
}

async function listKeys(): Promise<Set<string>> {
  const keys = new Set<string>()
  for await (const page of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key = '' } of page.Contents ?? []) keys.add(Key)
  }
  return keys
}

function readEvents(): ObjectEvent[] {
  const file = join(directory, 'events')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  return lines.map((line) => JSON.parse(line))
}

test(`every acknowledged object is complete and every event is delivered after ${ROUNDS} kills during writes`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    await start()
    const enough = written.size + 10 + Math.floor(Math.random() * 60)
    const writers = Array.from({ length: WRITERS }, writeUntilKilled)
    await until(() => written.size >= enough)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await Promise.all([exited, ...writers])
    client.destroy()
  }
  await start()

  const keys = await listKeys()
  expect([...written].filter((key) => !keys.has(key))).toEqual([])
  expect([...deleted].filter((key) => keys.has(key))).toEqual([])
  for (const Key of keys) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
    expect([Key, bytes.equals(bodyOf(Key))]).toEqual([Key, true])
  }

  await until(() => {
    const events = readEvents()
    const namesOf = (type: string) =>
      new Set(events.flatMap((event) => (event['detail-type'] === type ? [event.detail.object.key] : [])))
    const [createdKeys, deletedKeys] = [namesOf('Object Created'), namesOf('Object Deleted')]
    return [...keys].every((key) => createdKeys.has(key)) && [...deleted].every((key) => deletedKeys.has(key))
  })
  const idsBySequencer = Map.groupBy(readEvents(), ({ detail }) => detail.object.sequencer)
  for (const events of idsBySequencer.values()) expect(new Set(events.map(({ id }) => id)).size).toBe(1)
  // Only open uploads have bodies without an object.
  const openUploads = next / 5
  expect((await readdir(join(directory, 'data/blobs'))).length).toBeLessThan(keys.size + openUploads)
}, 120_000)
