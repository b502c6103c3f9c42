import {
  EventBridgeClient,
  type EventBridgeClientConfig,
  ListRulesCommand,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge'
import { NodeHttp2Handler } from '@smithy/node-http-handler'
import {
  createEventBridgeServer,
  createEventBus,
  type Deliver,
  type EventBridgeEvent,
  type RequestSummary,
} from '../../../../local/events/index.ts'
import type { DualProtocolServer } from '../../../../local/net/dual-protocol-server.ts'
import type { EventRuleModel } from '../../../../local/template/model.ts'

const ENTRY = { Source: 'my.app', DetailType: 'Inference Requested', Detail: '{"prompt":"ä"}' }
const MEGABYTE = 1_048_576

let server: DualProtocolServer
let url: string
let clients: EventBridgeClient[]
let events: EventBridgeEvent[]
let summaries: RequestSummary[]
/** Called by the target before it has the event. */
let onDeliver: () => Promise<void>

function rule(name: string, eventBusName: string): EventRuleModel {
  const target = { id: 'Job', arn: 'arn:aws:lambda:::function:Job', service: 'lambda', resource: 'Job' } as const
  return {
    logicalId: name,
    name,
    eventBusName,
    enabled: true,
    pattern: { source: [{ prefix: 'my.' }] },
    targets: [target],
  }
}

beforeEach(async () => {
  clients = []
  events = []
  summaries = []
  onDeliver = async () => {}
  const deliver: Deliver = async (_target, _payload, { event }) => {
    await onDeliver()
    events.push(event)
  }
  const bus = createEventBus({
    rules: [rule('Default', 'default'), rule('Mine', 'mine')],
    accountId: '123456789012',
    region: 'eu-west-1',
    deliver,
  })
  server = createEventBridgeServer({ bus, onRequest: (summary) => summaries.push(summary) })
  url = `http://127.0.0.1:${await server.listen(0)}`
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  await server.close()
})

function connect(configuration: EventBridgeClientConfig = {}): EventBridgeClient {
  const client = new EventBridgeClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...configuration,
  })
  clients.push(client)
  return client
}

const put = (...Entries: object[]) => connect().send(new PutEventsCommand({ Entries }))

test.each([
  ['HTTP/1.1', () => ({})],
  ['h2c', () => ({ requestHandler: new NodeHttp2Handler() })],
])('an entry becomes an event over %s', async (_protocol, configuration) => {
  const before = Math.floor(Date.now() / 1000)
  const { FailedEntryCount, Entries } = await connect(configuration()).send(
    new PutEventsCommand({
      Entries: [
        ENTRY,
        { ...ENTRY, Time: new Date('2026-01-02T03:04:05Z'), Resources: ['arn:aws:s3:::jobs'], EventBusName: 'default' },
      ],
    }),
  )
  expect(FailedEntryCount).toBe(0)
  expect(events.map(({ id }) => id)).toEqual(Entries?.map(({ EventId }) => EventId))
  const expected = {
    version: '0',
    id: expect.stringMatching(/^[\da-f-]{36}$/),
    'detail-type': 'Inference Requested',
    source: 'my.app',
    account: '123456789012',
    region: 'eu-west-1',
    detail: { prompt: 'ä' },
  }
  expect(events).toEqual([
    { ...expected, resources: [], time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
    { ...expected, resources: ['arn:aws:s3:::jobs'], time: '2026-01-02T03:04:05Z' },
  ])
  expect(Date.parse(events[0]?.time ?? '') / 1000).toBeGreaterThanOrEqual(before)
  expect(summaries).toEqual([{ operation: 'PutEvents', statusCode: 200, durationMs: expect.any(Number) }])
})

test('the answer comes after the targets have the event', async () => {
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  onDeliver = () => {
    reached.resolve()
    return gate.promise
  }
  let isAnswered = false
  const answer = put(ENTRY).then(() => {
    isAnswered = true
  })
  await reached.promise
  expect(isAnswered).toBe(false)
  gate.resolve()
  await answer
  expect(events).toHaveLength(1)
})

test('an event goes only to its bus, by name or ARN; an event for an unknown bus is lost', async () => {
  const { FailedEntryCount } = await put(
    { ...ENTRY, EventBusName: 'mine' },
    { ...ENTRY, EventBusName: 'arn:aws:events:eu-west-1:123456789012:event-bus/mine' },
    { ...ENTRY, EventBusName: 'nobody' },
    { ...ENTRY, Source: 'other' },
  )
  expect([FailedEntryCount, events.length]).toEqual([0, 2])
})

test('an invalid entry fails alone, at its position in the answer', async () => {
  const missing = (name: string) => ({
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  })
  const malformed = { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  const { FailedEntryCount, Entries } = await put(
    ENTRY,
    { ...ENTRY, Source: undefined },
    { ...ENTRY, DetailType: '' },
    { ...ENTRY, Detail: undefined },
    { ...ENTRY, Detail: '{' },
    { ...ENTRY, Detail: '[1]' },
    { ...ENTRY, Source: 'aws.s3' },
    ENTRY,
  )
  expect(FailedEntryCount).toBe(6)
  expect(Entries).toEqual([
    { EventId: events[0]?.id },
    missing('Source'),
    missing('DetailType'),
    missing('Detail'),
    malformed,
    malformed,
    { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' },
    { EventId: events[1]?.id },
  ])
  expect(events).toHaveLength(2)
})

test('an entry fails when a target fails', async () => {
  let deliveries = 0
  onDeliver = async () => {
    deliveries += 1
    if (deliveries === 1) throw new Error('disk full')
  }
  const { FailedEntryCount, Entries } = await put(ENTRY, ENTRY)
  expect(FailedEntryCount).toBe(1)
  expect(Entries).toEqual([
    { ErrorCode: 'InternalFailure', ErrorMessage: expect.stringContaining('disk full') },
    { EventId: events[0]?.id },
  ])
})

describe('a request', () => {
  const ofSize = (bytes: number) => {
    const rest = JSON.stringify({ text: '' }).length + ENTRY.Source.length + ENTRY.DetailType.length
    return { ...ENTRY, Detail: JSON.stringify({ text: '"'.repeat((bytes - rest) / 2) }) }
  }

  test('of 1 MB is accepted', async () => {
    const { FailedEntryCount } = await put(ofSize(MEGABYTE - 10_000), ofSize(10_000))
    // The first event is no larger than a target accepts.
    expect([FailedEntryCount, events.length]).toEqual([0, 2])
  })

  it.each<[string, object[], string]>([
    ['no entry', [], 'Member must have length greater than or equal to 1'],
    ['11 entries', Array(11).fill(ENTRY), 'Member must have length less than or equal to 10'],
    ['more than 1 MB', [ofSize(MEGABYTE), ENTRY], 'Total size of the entries in the request is over the limit.'],
  ])('with %s is refused', async (_name, entries, message) => {
    const error = await put(...entries).catch((failure) => failure)
    expect([error.name, error.$metadata.httpStatusCode, error.message]).toEqual([
      'ValidationException',
      400,
      expect.stringContaining(message),
    ])
    expect(events).toEqual([])
  })
})

test('another operation and a body that is not JSON are refused', async () => {
  const error = await connect()
    .send(new ListRulesCommand({}))
    .catch((failure) => failure)
  expect([error.name, error.$metadata.httpStatusCode]).toEqual(['UnknownOperationException', 400])
  const headers = { 'x-amz-target': 'AWSEvents.PutEvents' }
  const response = await fetch(url, { method: 'POST', headers, body: '{' })
  expect([response.status, await response.json()]).toEqual([
    400,
    { __type: 'SerializationException', message: 'The body is not a JSON object' },
  ])
  const unaddressed = await fetch(url)
  expect([unaddressed.status, summaries.at(-1)]).toEqual([
    400,
    {
      operation: undefined,
      statusCode: 400,
      errorType: 'UnknownOperationException',
      durationMs: expect.any(Number),
    },
  ])
})
