import { readTriggers } from '../../../../functions/start-job/triggers/read-triggers.ts'

const busEvent = (key: string, object: object = {}) => ({
  version: '0',
  id: 'event-1',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '123456789012',
  time: '2026-11-21T12:00:00Z',
  region: 'us-east-1',
  resources: ['arn:aws:s3:::jobs-bucket'],
  detail: {
    version: '0',
    bucket: { name: 'jobs-bucket' },
    object: { key, size: 5, etag: 'e', sequencer: '00A1', ...object },
    reason: 'PutObject',
  },
})

const record = (key: string, object: object = {}) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: 'jobs-bucket' }, object: { key, size: 5, eTag: 'e', sequencer: '00A1', ...object } },
})

const dropped = (key: string, more: object = {}) => ({
  type: 'object',
  bucket: 'jobs-bucket',
  key,
  size: 5,
  sequencer: '00A1',
  ...more,
})

test.each([
  ['inbox/a.txt'],
  ['inbox/a b.txt'],
  ['inbox/a+b.txt'],
  ['inbox/a%2Bb.txt'],
  ['inbox/100%.txt'],
  ['inbox/日本/ü.txt'],
  ['inbox/%E6%97%A5'],
])('keys in events of the bus are not decoded: %s', (key) => {
  expect(readTriggers(busEvent(key))).toEqual([dropped(key)])
})

test.each([
  ['inbox/a.txt', 'inbox/a.txt'],
  ['inbox/a+b.txt', 'inbox/a b.txt'],
  ['inbox/a%2Bb.txt', 'inbox/a+b.txt'],
  ['inbox/a%252Bb.txt', 'inbox/a%2Bb.txt'],
  ['inbox/100%25.txt', 'inbox/100%.txt'],
  ['inbox/%E6%97%A5%E6%9C%AC/%C3%BC+%26.txt', 'inbox/日本/ü &.txt'],
  ['inbox/%F0%9F%97%BB.txt', 'inbox/🗻.txt'],
])('keys in notifications of S3 are decoded: %s is %s', (encoded, key) => {
  expect(readTriggers({ Records: [record(encoded)] })).toEqual([dropped(key)])
})

test('versions are read in both formats, and a missing size is zero', () => {
  expect(readTriggers(busEvent('inbox/a', { 'version-id': 'v1' }))).toEqual([dropped('inbox/a', { versionId: 'v1' })])
  expect(readTriggers({ Records: [record('inbox/a', { versionId: 'v1' })] })).toEqual([
    dropped('inbox/a', { versionId: 'v1' }),
  ])
  expect(readTriggers(busEvent('inbox/a', { size: undefined }))).toEqual([dropped('inbox/a', { size: 0 })])
})

test('every record of a notification is a trigger', () => {
  const keys = ['inbox/a', 'inbox/b', 'inbox/c']
  expect(readTriggers({ Records: keys.map((key) => record(key)) })).toEqual(keys.map((key) => dropped(key)))
  expect(readTriggers({ Records: [] })).toEqual([])
})

test('a custom event is a trigger with its detail', () => {
  const detail = { modelId: 'm', modelInput: { prompt: 'p' } }
  const event = { id: 'event-2', source: 'my.app', 'detail-type': 'Inference Requested', detail }
  expect(readTriggers(event)).toEqual([{ type: 'request', eventId: 'event-2', detail }])
})

test.each([
  [undefined],
  [null],
  ['text'],
  [[]],
  [{}],
  [{ operation: 'StartAsyncInvoke', modelId: 'm', modelInput: {} }],
  [{ httpMethod: 'POST', resource: '/async-invoke', requestContext: {}, body: '{"Records":[],"detail-type":"x"}' }],
  [{ rawPath: '/async-invoke', requestContext: { http: { method: 'POST' } } }],
  [{ 'detail-type': 'Inference Requested' }],
  [{ 'detail-type': 'Inference Requested', detail: 'text' }],
  [{ detail: {} }],
])('%j is another event', (event) => {
  expect(readTriggers(event)).toBeUndefined()
})
