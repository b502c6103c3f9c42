import { PassThrough } from 'node:stream'
import { clientRetries, OPERATIONS, pickBedrockHeaders, toBedrockRequest } from '@bedrock-functions/runtime/bedrock'
import type { StreamReply } from '@bedrock-functions/runtime/core'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { encodeEvent, FrameSource } from '@bedrock-functions/runtime/event-stream'
import type { Call, FunctionRequest } from '@bedrock-functions/runtime/http'
import { createRoutes } from '../../../functions/stream/routes.ts'
import { callBasics, createTestPipeline, UNCALLED } from '../../support/calls.ts'

function callWith(headers: Record<string, string>, source: FunctionRequest['source'] = 'rest-api'): Call {
  return {
    request: {
      method: 'POST',
      segments: [],
      query: {},
      headers,
      body: Buffer.from('{}'),
      source,
      caller: undefined,
    },
    labels: { modelId: 'amazon.nova' },
    ...callBasics(),
  }
}

test.each([
  ['an AWS SDK', { 'amz-sdk-request': 'attempt=1; max=3' }, true],
  ['botocore, which does not say how often', { 'amz-sdk-request': 'attempt=1' }, true],
  ['an AWS SDK with retries off', { 'amz-sdk-request': 'attempt=1; max=1' }, false],
  ['one with many', { 'amz-sdk-request': 'attempt=1; max=10' }, true],
  ['the Anthropic SDK', { 'x-stainless-retry-count': '0' }, true],
  ['curl', {}, false],
])('%s retries failed calls itself: %#', (_, headers, expected) => {
  expect(clientRetries(headers)).toBe(expected)
})

test("only Bedrock's own headers are passed on", () => {
  const contract = {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-amzn-bedrock-service-tier': 'flex',
    'x-amzn-bedrock-header-of-the-future': '1',
  }
  expect(pickBedrockHeaders({ ...contract, authorization: 'secret', cookie: 'c', 'x-amzn-trace-id': 't' })).toEqual(
    contract,
  )
})

test('an ARN is one segment of the path', () => {
  const modelId = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0'
  const { path } = toBedrockRequest(OPERATIONS.Converse, { labels: { modelId }, headers: {}, body: Buffer.from('{}') })
  expect(path).toBe(`/model/${encodeURIComponent(modelId)}/converse`)
})

test.each([
  [{ guardrailIdentifier: '..', guardrailVersion: 'DRAFT' }, 'guardrailIdentifier'],
  [{ guardrailIdentifier: '', guardrailVersion: 'DRAFT' }, 'guardrailIdentifier'],
  [{ guardrailIdentifier: 'abc', guardrailVersion: '0' }, 'guardrailVersion'],
  [{ guardrailIdentifier: 'abc', guardrailVersion: '..' }, 'guardrailVersion'],
])('labels %j are refused', (labels, name) => {
  expect(() => toBedrockRequest(OPERATIONS.ApplyGuardrail, { labels, headers: {}, body: Buffer.from('{}') })).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(name) }),
  )
})

test.each([
  ['curl', {}, true],
  ['an AWS SDK', { 'amz-sdk-request': 'attempt=1; max=3' }, false],
])("a stream's opening is retried for %s: %s", async (_, headers, retry) => {
  const openStream = jest.fn().mockRejectedValue(new Error('enough'))
  const bedrock = { ...UNCALLED, openStream }
  const [route] = createRoutes({ pipeline: createTestPipeline(bedrock), configuration: readConfiguration({}) })
  await expect(route?.handle(callWith({ ...headers, accept: 'text/event-stream' }))).rejects.toThrow('enough')
  const [request, options] = openStream.mock.calls[0]
  expect(options).toMatchObject({ retry })
  // `accept` is for the caller's answer only.
  expect(request.headers).not.toHaveProperty('accept')
})

test.each([
  ['rest-api', 285],
  ['function-url', 600],
] as const)('a stream through the %s has a heartbeat every 10 s of silence, until %i s', async (source, seconds) => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] })
  try {
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    const body = new PassThrough()
    const opened = { headers: {}, attempts: 1, source: new FrameSource(body) }
    const bedrock = { ...UNCALLED, openStream: async () => opened }
    const [route] = createRoutes({ pipeline: createTestPipeline(bedrock), configuration: readConfiguration({}) })
    const reply = (await route?.handle(callWith({ accept: 'text/event-stream' }, source))) as StreamReply
    const sink = new PassThrough()
    const end = reply.forward(sink, 3_000_000)
    const heartbeats = () => (sink.read() ?? '').toString().split(': heartbeat').length - 1
    const event = encodeEvent('contentBlockDelta', '{}')
    for (let round = 0; round < 3; round += 1) {
      // Each event restarts the silence.
      body.write(event)
      await turn()
      expect(heartbeats()).toBe(0)
      jest.advanceTimersByTime(9_999)
      expect(heartbeats()).toBe(0)
      jest.advanceTimersByTime(1)
      expect(heartbeats()).toBe(1)
      jest.advanceTimersByTime(1000 * (seconds - 11))
      expect(heartbeats()).toBe(Math.floor((seconds - 1) / 10) - 1)
    }
    jest.advanceTimersByTime(1_000)
    expect((await end).ended).toBe('ModelTimeoutException')
  } finally {
    jest.useRealTimers()
  }
})
