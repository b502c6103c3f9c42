import { PassThrough } from 'node:stream'
import type { Bedrock } from '@bedrock-functions/runtime/bedrock'
import type { Facts, ModelCall } from '@bedrock-functions/runtime/core'
import {
  encodeEvent,
  type Frame,
  FrameReader,
  FrameSource,
  readEventHead,
} from '@bedrock-functions/runtime/event-stream'
import { chooseFormat, forwardStream } from '@bedrock-functions/runtime/http/stream'
import type { ModelPrice } from '../../../layers/runtime/src/models/model-row.ts'
import type { EstimatedCost } from '../../../layers/runtime/src/pipeline/cost/estimate-cost.ts'
import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'
import { callBasics, createTestPipeline, UNCALLED } from '../../support/calls.ts'

const PRICE: ModelPrice = {
  input: 3,
  output: 15,
  cacheRead: 0.3,
  cacheWrite5m: 3.75,
  cacheWrite1h: 6,
  tiers: { flex: 0.5 },
  asOf: '2026-11-10',
}
const KNOWN = { currency: 'USD', priceDate: '2026-11-10' }

const prices = createPriceBook({ findPrice: async (modelId) => (modelId === 'model' ? PRICE : undefined) })

function pipelineWith(bedrock: Partial<Bedrock>) {
  return createTestPipeline({ ...UNCALLED, ...bedrock }, { prices })
}

function call(changes: Partial<ModelCall> = {}): ModelCall {
  const body = Buffer.from('{}')
  return { operation: 'Converse', modelId: 'model', headers: {}, body, caller: undefined, replyHeaders: {}, ...changes }
}

const reply = (document: unknown, headers = {}) => ({ headers, body: Buffer.from(JSON.stringify(document)) })

/** Returns the cost and facts of a call with this answer of Bedrock. */
async function answerWith(
  asked: ModelCall,
  answer: ReturnType<typeof reply>,
): Promise<EstimatedCost & { facts: Facts }> {
  const basics = callBasics()
  const pipeline = pipelineWith({ send: async () => ({ statusCode: 200, attempts: 1, ...answer }) })
  const { cost } = await pipeline.answer(asked, { ...basics, retry: false })
  return { ...cost, facts: basics.facts }
}

const costOf = async (asked: ModelCall, answer: ReturnType<typeof reply>) => {
  const { facts: _, ...cost } = await answerWith(asked, answer)
  return cost
}

describe('an answer that does not stream', () => {
  const usage = { inputTokens: 1000, outputTokens: 500 }

  test('has its cost and usage, also in the log', async () => {
    const { facts, ...cost } = await answerWith(call(), reply({ usage, stopReason: 'end_turn' }))
    expect(cost).toEqual({ usd: 0.0105, ...KNOWN })
    expect(facts).toEqual({ modelId: 'model', attempts: 1, ...usage, stopReason: 'end_turn', estimatedCostUsd: 0.0105 })
  })

  test('of a model without a price has no cost, also in the log', async () => {
    const { facts, ...cost } = await answerWith(call({ modelId: 'other' }), reply({ usage }))
    expect(cost).toMatchObject({ usd: null, priceDate: null })
    expect(facts).not.toHaveProperty('estimatedCostUsd')
  })

  test('of InvokeModel has the usage of its native body in the log', async () => {
    const native = reply({ usage: { input_tokens: 3, output_tokens: 4 } })
    const { facts } = await answerWith(call({ operation: 'InvokeModel' }), native)
    expect(facts).toMatchObject({ inputTokens: 3, outputTokens: 4 })
  })

  test.each<[what: string, changes: Partial<ModelCall>]>([
    ['Converse', { body: Buffer.from('{"serviceTier":{"type":"flex"}}') }],
    ['InvokeModel', { operation: 'InvokeModel', headers: { 'x-amzn-bedrock-service-tier': 'flex' } }],
    ['Converse for speed', { body: Buffer.from('{"performanceConfig":{"latency":"optimized"}}') }],
    [
      'InvokeModel for speed',
      { operation: 'InvokeModel', headers: { 'x-amzn-bedrock-performanceconfig-latency': 'optimized' } },
    ],
  ])('without tier and latency has no cost if the request asks for one: %s', async (_, changes) => {
    const { usd, reason } = await costOf(call(changes), reply({ usage }))
    expect(usd).toBeNull()
    expect(reason).toBeDefined()
  })

  test('with a tier has the cost of that tier, whatever the request asked for', async () => {
    const asked = call({ body: Buffer.from('{"serviceTier":{"type":"priority"}}') })
    expect(await costOf(asked, reply({ usage, serviceTier: { type: 'flex' } }))).toMatchObject({ usd: 0.00525 })
    const native = call({ operation: 'InvokeModel', headers: { 'x-amzn-bedrock-service-tier': 'priority' } })
    const answered = reply({ usage }, { 'x-amzn-bedrock-service-tier': 'flex' })
    expect(await costOf(native, answered)).toMatchObject({ usd: 0.00525 })
  })

  test('to a prompt that mentions tiers has the default tier', async () => {
    const body = Buffer.from(JSON.stringify({ messages: [{ content: [{ text: '"serviceTier" "1h" "optimized"' }] }] }))
    expect(await costOf(call({ body }), reply({ usage }))).toMatchObject({ usd: 0.0105 })
  })

  test('has cache writes of five minutes unless the request asks for an hour', async () => {
    const written = reply({ usage: { ...usage, cacheWriteInputTokens: 1000 } })
    // 0.0105 and 1,000 × 3.75
    expect(await costOf(call(), written)).toMatchObject({ usd: 0.01425 })
    const forAnHour = call({ body: Buffer.from('{"system":[{"cachePoint":{"type":"default","ttl":"1h"}}]}') })
    expect(await costOf(forAnHour, written)).toMatchObject({ usd: null })
  })
})

describe('the price', () => {
  test('is looked up once, and again after a failure', async () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    const warn = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
    const findPrice = jest.fn(async () => PRICE).mockRejectedValueOnce(new TypeError('no such file'))
    const book = createPriceBook({ findPrice })
    expect(await book.find('model')).toBeUndefined()
    write.mockRestore()
    warn.mockRestore()
    expect(await book.find('model')).toBe(PRICE)
    expect(await book.find('model')).toBe(PRICE)
    expect(findPrice).toHaveBeenCalledTimes(2)
  })

  test('is looked up while Bedrock works, after the call has left', () => {
    jest.useFakeTimers()
    try {
      const findPrice = jest.fn(async () => PRICE)
      const book = createPriceBook({ findPrice })
      book.prepare('model')
      expect(findPrice).not.toHaveBeenCalled()
      jest.advanceTimersByTime(1000)
      expect(findPrice).toHaveBeenCalledTimes(1)
      book.prepare('model')
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })
})

const METADATA = { metrics: { latencyMs: 1 }, p: 'abc', usage: { inputTokens: 8, outputTokens: 2 } }

function chunk(event: unknown): Buffer {
  return encodeEvent('chunk', JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'ab' }))
}

/** Returns the bytes that a caller gets of a stream, and the facts of the call. */
async function forward(frames: readonly Buffer[], asked: ModelCall, accept?: string, headers = {}) {
  const body = new PassThrough()
  const sink = new PassThrough()
  const received: Buffer[] = []
  sink.on('data', (bytes: Buffer) => received.push(bytes))
  body.end(Buffer.concat(frames))
  const basics = callBasics()
  const pipeline = pipelineWith({ openStream: async () => ({ source: new FrameSource(body), headers, attempts: 1 }) })
  const stream = await pipeline.open(asked, { ...basics, retry: false, silenceLimitMs: 60_000 })
  const end = await forwardStream(stream.source, sink, {
    ...stream,
    format: chooseFormat(accept, []),
    silenceLimitMs: 60_000,
    heartbeatMs: 60_000,
    remainingMs: 60_000,
  })
  expect(end.ended).toBe('complete')
  await new Promise((resolve) => (sink.readableEnded ? resolve(undefined) : sink.once('end', resolve)))
  return { bytes: Buffer.concat(received), facts: basics.facts, end }
}

const decode = (bytes: Buffer): Frame[] => new FrameReader().push(bytes)

describe('ConverseStream', () => {
  const delta = encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}')
  const stop = encodeEvent('messageStop', '{"stopReason":"end_turn"}')
  const metadata = encodeEvent('metadata', JSON.stringify(METADATA))

  test('has the cost in metadata, and every other frame is as Bedrock sent it', async () => {
    const { bytes, facts, end } = await forward([delta, stop, metadata], call({ operation: 'ConverseStream' }))
    expect(bytes.subarray(0, delta.length + stop.length)).toEqual(Buffer.concat([delta, stop]))
    const last = decode(bytes).at(-1)
    expect(last && readEventHead(last.headers).name).toBe('metadata')
    // 8 × 3 = 24; 2 × 15 = 30
    const cost = '"estimatedCost":{"usd":0.000054,"currency":"USD","priceDate":"2026-11-10"}'
    expect(last?.payload.toString()).toBe(`{${cost},${JSON.stringify(METADATA).slice(1)}`)
    expect(facts).toMatchObject({ estimatedCostUsd: 0.000054 })
    expect(end.usage).toEqual({ inputTokens: 8, outputTokens: 2 })
  })

  test('has the cost in server-sent events, too', async () => {
    const asked = call({ operation: 'ConverseStream' })
    const text = (await forward([delta, stop, metadata], asked, 'text/event-stream')).bytes.toString()
    const data = text.slice(text.lastIndexOf('data: ') + 'data: '.length)
    expect(JSON.parse(data)).toEqual({ estimatedCost: { usd: 0.000054, ...KNOWN }, ...METADATA })
  })
})

describe('InvokeModelWithResponseStream', () => {
  const METRICS = 'amazon-bedrock-invocationMetrics'
  const streamed = (changes: Partial<ModelCall> = {}) =>
    call({ operation: 'InvokeModelWithResponseStream', ...changes })

  test.each(['', 'a', 'ab'])(
    'has the cost next to the bytes of the chunk with the metrics, for any position of the metrics (%s)',
    async (text) => {
      const metrics = { inputTokenCount: 8, outputTokenCount: 2, cacheReadInputTokenCount: 10 }
      const first = chunk({ generation: `about ${METRICS}${text}`, stop_reason: null })
      const last = chunk({ generation: text, stop_reason: 'stop', [METRICS]: metrics })
      const { bytes } = await forward([first, last], streamed())
      expect(bytes.subarray(0, first.length)).toEqual(first)
      const { bytes: event, estimatedCost } = JSON.parse(decode(bytes)[1]?.payload.toString() ?? '')
      expect(event).toBe(JSON.parse(decode(last)[0]?.payload.toString() ?? '').bytes)
      // 24; 30; 10 × 0.3 = 3
      expect(estimatedCost).toEqual({ usd: 0.000057, ...KNOWN })
    },
  )

  test('takes the tier from the headers of the answer', async () => {
    const last = chunk({ stop_reason: 'stop', [METRICS]: { inputTokenCount: 1000, outputTokenCount: 500 } })
    const { bytes } = await forward([last], streamed(), undefined, { 'x-amzn-bedrock-service-tier': 'flex' })
    expect(JSON.parse(decode(bytes)[0]?.payload.toString() ?? '').estimatedCost.usd).toBe(0.00525)
  })

  test("distinguishes cache writes for an hour by Claude's first event", async () => {
    const usage = {
      input_tokens: 8,
      output_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
    }
    const frames = [
      chunk({ type: 'message_start', message: { usage } }),
      chunk({
        type: 'message_stop',
        [METRICS]: { inputTokenCount: 8, outputTokenCount: 2, cacheWriteInputTokenCount: 300 },
      }),
    ]
    const body = Buffer.from('{"system":[{"type":"text","cache_control":{"type":"ephemeral","ttl":"1h"}}]}')
    const { bytes } = await forward(frames, streamed({ body }))
    // 24; 30; 100 × 3.75 = 375; 200 × 6 = 1,200
    expect(JSON.parse(decode(bytes)[1]?.payload.toString() ?? '').estimatedCost.usd).toBe(0.001629)
  })

  test('without metrics has no cost and is returned byte for byte', async () => {
    const frames = [chunk({ type: 'message_stop' })]
    expect((await forward(frames, streamed())).bytes).toEqual(Buffer.concat(frames))
  })
})
