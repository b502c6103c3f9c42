import { createDeferredWork } from '@bedrock-functions/runtime/http'
import { deferSpan, logger } from '../../../layers/runtime/src/core/logging.ts'
import { type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const CALL = {
  operation: 'ConverseStream',
  statusCode: 200,
  durationMs: 1500,
  facts: {
    modelId: 'amazon.nova-lite-v1:0',
    inputTokens: 7,
    outputTokens: 3,
    stopReason: 'end_turn',
    firstEventMs: 250,
    bedrockRequestId: 'request-1',
    caller: 'key:1',
  },
} as const

const before = { ...process.env }
let server: RecordingServer
afterEach(async () => {
  process.env = { ...before }
  await server.close()
})

/** Exports a span to a collector. Returns the body that it gets, if any. */
async function send(traceparent?: string, call: Parameters<typeof deferSpan>[0] = CALL, statusCode = 200) {
  server = await startRecordingServer(() => ({ statusCode, body: '{}' }))
  process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = `${server.url}/v1/traces`
  process.env.OTEL_EXPORTER_OTLP_HEADERS = 'authorization=Bearer%20token,x-team=a'
  process.env.POWERTOOLS_SERVICE_NAME = 'team'
  process.env.RELEASE = 'v2'
  const { defer, settle } = createDeferredWork()
  deferSpan(call, defer, traceparent)
  await settle(5000)
  const [request] = server.requests
  return request && { request, span: JSON.parse(request.body).resourceSpans[0].scopeSpans[0].spans[0] }
}

test('a call is a span with the names of OpenTelemetry, in the trace of its caller', async () => {
  const sent = await send(`00-${TRACE_ID}-${PARENT_ID}-01`)
  expect(sent?.request).toMatchObject({
    method: 'POST',
    url: '/v1/traces',
    headers: { authorization: 'Bearer token', 'x-team': 'a', 'content-type': 'application/json' },
  })
  expect(JSON.parse(sent?.request.body ?? '').resourceSpans[0].resource.attributes).toEqual(
    expect.arrayContaining([
      { key: 'service.name', value: { stringValue: 'team' } },
      { key: 'service.version', value: { stringValue: 'v2' } },
    ]),
  )
  expect(sent?.span).toMatchObject({
    traceId: TRACE_ID,
    parentSpanId: PARENT_ID,
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: 'chat amazon.nova-lite-v1:0',
    kind: 3,
  })
  const { startTimeUnixNano, endTimeUnixNano, attributes } = sent?.span ?? {}
  expect(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)).toBe(1_500_000_000n)
  expect(attributes).toEqual(
    expect.arrayContaining([
      { key: 'gen_ai.provider.name', value: { stringValue: 'aws.bedrock' } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: '7' } },
      { key: 'gen_ai.response.time_to_first_chunk', value: { doubleValue: 0.25 } },
      { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'end_turn' }] } } },
      { key: 'gen_ai.request.stream', value: { boolValue: true } },
      { key: 'aws.request_id', value: { stringValue: 'request-1' } },
      { key: 'bedrock_functions.caller', value: { stringValue: 'key:1' } },
    ]),
  )
})

test('a stream that broke has the status of an error', async () => {
  const sent = await send(undefined, { ...CALL, ended: 'ModelStreamErrorException' })
  expect(sent?.span.status).toEqual({ code: 2 })
  expect(sent?.span.attributes).toContainEqual({
    key: 'error.type',
    value: { stringValue: 'ModelStreamErrorException' },
  })
})

test('without a traceparent the span has the trace id of X-Ray', async () => {
  process.env._X_AMZN_TRACE_ID = 'Root=1-6920f000-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0'
  expect((await send('not a traceparent'))?.span.traceId).toBe('6920f0000123456789abcdef01234567')
})

test('a trace that its caller does not sample is not sent', async () => {
  expect(await send(`00-${TRACE_ID}-${PARENT_ID}-00`)).toBeUndefined()
})

test('a refusal by the collector is logged and changes nothing else', async () => {
  const error = jest.spyOn(logger, 'error').mockImplementation()
  await send(undefined, CALL, 401)
  expect(error).toHaveBeenCalledWith('TraceExport failed', { causeName: 'Error', causeCode: 'HTTP 401' })
  error.mockRestore()
})
