import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { ObjectEvent } from '@bedrock-functions/s3-emulator'
import { ACCOUNT_ID, PLAIN, REGION, type RunningS3, startS3, until, VERSIONED } from './support/start-s3.ts'

let s3: RunningS3
afterEach(() => s3.close())

test('every change sends an event in the shape of EventBridge', async () => {
  s3 = await startS3()
  const Key = 'inbox/a b+é.json'
  const put = await s3.client.send(new PutObjectCommand({ Bucket: VERSIONED, Key, Body: 'hello' }))
  const CopySource = `${VERSIONED}/${encodeURIComponent(Key)}`
  await s3.client.send(new CopyObjectCommand({ Bucket: PLAIN, Key: 'copy', CopySource }))
  const marker = await s3.client.send(new DeleteObjectCommand({ Bucket: VERSIONED, Key }))
  const removal = { Bucket: VERSIONED, Key, VersionId: put.VersionId }
  await s3.client.send(new DeleteObjectCommand(removal))
  await s3.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'copy' }))
  await s3.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'never there' }))
  await until(() => s3.events.length === 5)

  const [created, copied, marked, removed, deleted] = s3.events
  const etag = JSON.parse(put.ETag ?? '')
  expect(created).toEqual({
    version: '0',
    id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: ACCOUNT_ID,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: REGION,
    resources: [`arn:aws:s3:::${VERSIONED}`],
    detail: {
      version: '0',
      bucket: { name: VERSIONED },
      object: {
        key: Key,
        size: 5,
        etag,
        'version-id': put.VersionId,
        sequencer: expect.stringMatching(/^[\da-f]{16}$/),
      },
      'request-id': put.$metadata.requestId,
      requester: ACCOUNT_ID,
      'source-ip-address': '127.0.0.1',
      reason: 'PutObject',
    },
  })
  expect(copied?.detail).toMatchObject({
    reason: 'CopyObject',
    bucket: { name: PLAIN },
    object: { key: 'copy', size: 5 },
  })
  expect(copied?.detail.object).not.toHaveProperty('version-id')
  const details = [marked, removed, deleted].map((event) => [
    event?.['detail-type'],
    event?.detail['deletion-type'],
    event?.detail.object['version-id'],
  ])
  expect(details).toEqual([
    ['Object Deleted', 'Delete Marker Created', marker.VersionId],
    ['Object Deleted', 'Permanently Deleted', put.VersionId],
    ['Object Deleted', 'Permanently Deleted', undefined],
  ])
  const sequencers = s3.events.map(({ detail }) => detail.object.sequencer)
  expect(sequencers).toEqual(sequencers.toSorted())
  expect(new Set(sequencers).size).toBe(5)
})

test('an unacknowledged event is delivered again after a restart, with the same id', async () => {
  const offered: ObjectEvent[] = []
  let isOpen = false
  s3 = await startS3({
    onEvent(event) {
      offered.push(event)
      return isOpen ? undefined : new Promise(() => {})
    },
  })
  for (const Key of ['1', '2', '3']) await s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body: 'x' }))
  await s3.client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: '2' }))
  await until(() => offered.length === 4)
  isOpen = true
  s3 = await s3.restart()
  await until(() => s3.events.length === 4)
  expect(s3.events).toEqual(offered.slice(0, 4))

  s3 = await s3.restart()
  await s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key: '4', Body: 'x' }))
  await until(() => s3.events.length > 0)
  expect(s3.events.map(({ detail }) => detail.object.key)).toEqual(['4'])
  expect(s3.events[0]?.detail.object.sequencer.localeCompare(offered[3]?.detail.object.sequencer ?? '')).toBe(1)
})

test('a refused event is offered again', async () => {
  let attempts = 0
  s3 = await startS3({
    onEvent() {
      attempts += 1
      if (attempts < 3) throw new Error('not now')
    },
  })
  await s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'x', Body: 'x' }))
  await until(() => s3.events.length === 1)
  expect(attempts).toBe(3)
})
