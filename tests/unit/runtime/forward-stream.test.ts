import { PassThrough, Writable } from 'node:stream'
import {
  encodeEvent,
  encodeException,
  encodeFrame,
  FrameReader,
  FrameSource,
  readEventHead,
} from '@bedrock-functions/runtime/event-stream'
import { chooseFormat, type ForwardOptions, forwardStream } from '@bedrock-functions/runtime/http/stream'
import { followConverse, followInvokeModel } from '../../../layers/runtime/src/bedrock/read-usage.ts'

const delta = encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}')
const messageStop = encodeEvent('messageStop', '{"stopReason":"end_turn"}')
const metadata = encodeEvent(
  'metadata',
  '{"usage":{"inputTokens":8,"outputTokens":2,"totalTokens":10},"metrics":{"latencyMs":1}}',
)
const whole = [delta, messageStop, metadata]

function chunk(event: object): Buffer {
  return encodeEvent('chunk', JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') }))
}

const LISTED = ['ModelStreamErrorException', 'ModelTimeoutException']
const FRAMES = chooseFormat(undefined, LISTED)
const SERVER_SENT_EVENTS = chooseFormat('text/event-stream', LISTED)

const options: ForwardOptions = {
  format: FRAMES,
  progress: followConverse(),
  silenceLimitMs: 60_000,
  heartbeatMs: 60_000,
  remainingMs: 3_600_000,
}

/** Waits until all pending work is done. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Forwards the body that `feed` writes, and returns the end and the caller's bytes. */
async function forward(feed: (body: PassThrough) => void, changes: Partial<ForwardOptions> = {}) {
  const body = new PassThrough()
  const sink = new PassThrough()
  const received: Buffer[] = []
  sink.on('data', (bytes: Buffer) => received.push(bytes))
  const ending = forwardStream(new FrameSource(body), sink, { ...options, progress: followConverse(), ...changes })
  feed(body)
  const end = await ending
  await new Promise((resolve) => (sink.readableEnded ? resolve(undefined) : sink.once('end', resolve)))
  return { end, body, bytes: Buffer.concat(received) }
}

function namesOf(bytes: Buffer): string[] {
  return new FrameReader().push(bytes).map(({ headers }) => readEventHead(headers).name)
}

function lastPayload(bytes: Buffer): { message: string } {
  return JSON.parse(new FrameReader().push(bytes).at(-1)?.payload.toString() ?? '')
}

describe('frames', () => {
  test('a whole stream is forwarded byte for byte and is complete, with its usage', async () => {
    const { end, bytes, body } = await forward((stream) => stream.end(Buffer.concat(whole)))
    expect(bytes).toEqual(Buffer.concat(whole))
    expect(end).toMatchObject({ ended: 'complete', events: 3, usage: { inputTokens: 8, outputTokens: 2 } })
    expect(body.destroyed).toBe(true)
  })

  test('an error can follow bytes in any pieces', async () => {
    const bytes = Buffer.concat([delta, delta])
    const { bytes: received } = await forward((stream) => {
      stream.write(bytes.subarray(0, delta.length + 5))
      setImmediate(() => stream.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
    })
    expect(namesOf(received)).toEqual(['contentBlockDelta', 'modelStreamErrorException'])
    expect(lastPayload(received).message).toContain('the connection was reset')
  })

  test.each([
    ['closed without a word', undefined, 'the connection was reset'],
    ['lost', Object.assign(new Error('secret'), { code: 'EPIPE' }), 'the connection failed with EPIPE'],
    ['broken by a fault of ours', new TypeError('secret'), 'it could not be forwarded'],
  ])('a body that is %s is an error that quotes nothing', async (_, error, reason) => {
    const { end, bytes } = await forward((stream) => {
      stream.write(delta)
      setImmediate(() => stream.destroy(error))
    })
    expect(end.ended).toBe('ModelStreamErrorException')
    expect(lastPayload(bytes).message).toBe(`The model's stream broke: ${reason}.`)
  })

  test.each([
    ['no end marker', [delta], 'messageStop and metadata'],
    ['messageStop without metadata', [delta, messageStop], 'messageStop and metadata'],
    ['half a frame', [delta, messageStop.subarray(0, 30)], '30 bytes of it came'],
  ])('an end with %s is an error', async (_, pieces, reason) => {
    const { end, bytes } = await forward((stream) => stream.end(Buffer.concat(pieces)))
    expect(end.ended).toBe('ModelStreamErrorException')
    expect(namesOf(bytes).at(-1)).toBe('modelStreamErrorException')
    expect(lastPayload(bytes).message).toContain(reason)
  })

  test('a wrong checksum ends the stream after the correct frames', async () => {
    const wrong = Buffer.from(delta)
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
    const { end, bytes } = await forward((stream) => stream.end(Buffer.concat([delta, wrong, ...whole])))
    expect(end.ended).toBe('ModelStreamErrorException')
    expect(namesOf(bytes)).toEqual(['contentBlockDelta', 'modelStreamErrorException'])
    expect(lastPayload(bytes).message).toContain('checksum')
  })

  test("Bedrock's own exception is forwarded unchanged and ends the stream", async () => {
    const exception = encodeException('ThrottlingException', { message: 'Too many requests.' })
    const { end, bytes } = await forward((stream) => stream.write(Buffer.concat([delta, exception])))
    expect(bytes).toEqual(Buffer.concat([delta, exception]))
    expect(end.ended).toBe('ThrottlingException')
  })

  test('nothing follows an error, and correct frames before a frame without a name are forwarded', async () => {
    const exception = encodeException('ThrottlingException', { message: 'Too many requests.' })
    const behind = await forward((stream) => stream.end(Buffer.concat([delta, exception, ...whole])))
    expect(behind.bytes).toEqual(Buffer.concat([delta, exception]))
    const nameless = encodeFrame({ ':message-type': 'event' }, Buffer.from('{}'))
    const broken = await forward((stream) => stream.end(Buffer.concat([delta, nameless, ...whole])))
    expect(namesOf(broken.bytes)).toEqual(['contentBlockDelta', 'modelStreamErrorException'])
  })

  test('the start of the answer is reported, except for a stream with only its start event', async () => {
    const start = encodeEvent('messageStart', '{"role":"assistant"}')
    const { end } = await forward((stream) => stream.end(Buffer.concat([start, ...whole])))
    expect(end.begunAfterMs).toEqual(expect.any(Number))
    const { end: announced } = await forward((stream) => stream.end(start))
    expect(announced).not.toHaveProperty('begunAfterMs')
  })

  test.each([
    ['silence', { silenceLimitMs: 30 }, 'silent for 30 ms'],
    ["the function's deadline", { remainingMs: 30 }, "function's own time limit"],
  ])('%s ends with modelTimeoutException', async (_, changes, reason) => {
    const { end, bytes, body } = await forward((stream) => stream.write(delta), changes)
    expect(end.ended).toBe('ModelTimeoutException')
    expect(namesOf(bytes)).toEqual(['contentBlockDelta', 'modelTimeoutException'])
    expect(lastPayload(bytes).message).toContain(reason)
    expect(body.destroyed).toBe(true)
  })
})

test("a failure outside the stream's list is sent as one in the list with a message that describes it", async () => {
  const format = chooseFormat(undefined, ['ModelStreamErrorException'])
  const { end, bytes } = await forward((stream) => stream.write(delta), { format, silenceLimitMs: 30 })
  expect(namesOf(bytes)).toEqual(['contentBlockDelta', 'modelStreamErrorException'])
  expect(lastPayload(bytes).message).toContain('silent for 30 ms')
  expect(end.ended).toBe('ModelTimeoutException')
})

describe('the end of a native stream', () => {
  test.each([
    [
      'the metrics of any family',
      [{ generation: 'x', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3, outputTokenCount: 4 } }],
    ],
    ['message_stop', [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, { type: 'message_stop' }]],
    ['a stop reason', [{ generation: 'x', stop_reason: 'stop' }]],
    ['a finish reason among choices', [{ choices: [{ delta: {}, finish_reason: 'stop' }] }]],
    ['is_finished', [{ is_finished: true }]],
    ["Nova's metadata", [{ messageStop: { stopReason: 'end_turn' } }, { metadata: { usage: {} } }]],
    ['a finish reason before the usage', [{ choices: [{ finish_reason: 'stop' }] }, { choices: [], usage: {} }]],
    ['message_stop before a ping', [{ type: 'message_stop' }, { type: 'ping' }]],
  ])('is complete with %s', async (_, events) => {
    const { end } = await forward((stream) => stream.end(Buffer.concat(events.map(chunk))), {
      progress: followInvokeModel(),
    })
    expect(end.ended).toBe('complete')
  })

  test.each([
    ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' } }],
    ['a null stop reason', { generation: 'x', stop_reason: null }],
    ['a null finish reason', { choices: [{ delta: { content: 'x' }, finish_reason: null }] }],
    ['text', { outputText: 'x', completionReason: null }],
  ])('is not complete with %s', async (_, event) => {
    const { end } = await forward((stream) => stream.end(chunk(event)), { progress: followInvokeModel() })
    expect(end.ended).toBe('ModelStreamErrorException')
  })
})

describe('server-sent events', () => {
  const text = async (frames: Buffer[], changes: Partial<ForwardOptions> = {}) =>
    (
      await forward((stream) => stream.end(Buffer.concat(frames)), { format: SERVER_SENT_EVENTS, ...changes })
    ).bytes.toString()

  test('have the same JSON under the same names', async () => {
    expect(await text(whole)).toBe(
      [
        'event: contentBlockDelta\ndata: {"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}\n\n',
        'event: messageStop\ndata: {"stopReason":"end_turn"}\n\n',
        'event: metadata\ndata: {"usage":{"inputTokens":8,"outputTokens":2,"totalTokens":10},"metrics":{"latencyMs":1}}\n\n',
      ].join(''),
    )
  })

  test('cannot be forged by line breaks in a payload or a name', async () => {
    const pretty = encodeEvent('contentBlockDelta', '{\r\n"delta":{"text":"a\\ndata: forged"}}')
    const named = encodeFrame({ ':message-type': 'event', ':event-type': 'x\ndata: forged' }, Buffer.from('{}'))
    expect(await text([pretty, named, messageStop, metadata])).toMatch(
      /^event: contentBlockDelta\ndata: \{ {2}"delta":\{"text":"a\\ndata: forged"\}\}\n\nevent: x data: forged\ndata: \{\}\n\n/,
    )
  })

  test('end with an error event for every kind of failure', async () => {
    const exception = encodeException('ModelStreamErrorException', { message: 'broke', originalStatusCode: 500 })
    const unmodelled = encodeFrame(
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'boom' },
      Buffer.alloc(0),
    )
    expect(await text([delta, exception])).toContain(
      'event: error\ndata: {"message":"broke","originalStatusCode":500,"type":"modelStreamErrorException"}\n\n',
    )
    expect(await text([delta, unmodelled])).toContain(
      'event: error\ndata: {"type":"InternalError","message":"boom"}\n\n',
    )
    expect(await text([delta])).toMatch(
      /event: error\ndata: \{"type":"modelStreamErrorException","message":".*"\}\n\n$/,
    )
  })

  test('have heartbeats during silence', async () => {
    const { bytes } = await forward((stream) => stream.write(delta), {
      format: SERVER_SENT_EVENTS,
      heartbeatMs: 10,
      silenceLimitMs: 100,
    })
    expect(bytes.toString()).toMatch(/^event: contentBlockDelta\ndata: .*\n\n(: heartbeat\n\n)+event: error\n/)
  })

  test.each([
    ['text/event-stream', true],
    ['application/json, Text/Event-Stream;q=0.9', true],
    ['application/vnd.amazon.eventstream', false],
    ['application/json', false],
    ['*/*', false],
    [undefined, false],
  ])('are chosen by Accept: %s (%s)', (accept, chosen) => {
    expect(chooseFormat(accept, LISTED) === SERVER_SENT_EVENTS).toBe(chosen)
  })
})

describe('the sink', () => {
  test('that is full makes Bedrock wait, whose silence is then not an error', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] })
    try {
      const body = new PassThrough({ highWaterMark: 1000 })
      const released: (() => void)[] = []
      const sink = new Writable({
        highWaterMark: 1,
        write: (_chunk, _encoding, callback) => {
          released.push(callback)
        },
      })
      const end = forwardStream(new FrameSource(body), sink, { ...options, progress: followConverse() })
      body.write(delta)
      await turn()
      // The first piece is not written yet, so these stay in the body until its buffer is full.
      while (body.write(delta));
      jest.advanceTimersByTime(10 * options.silenceLimitMs)
      await turn()
      expect(body.readableLength).toBeGreaterThan(0)
      body.end(Buffer.concat([messageStop, metadata]))
      let ended = false
      const result = end.finally(() => {
        ended = true
      })
      while (!ended) {
        released.shift()?.()
        await turn()
      }
      expect(await result).toMatchObject({ ended: 'complete' })
    } finally {
      jest.useRealTimers()
    }
  })

  test.each(['error', 'close'])('that emits %s ends the call to Bedrock', async (event) => {
    const body = new PassThrough()
    const sink = new PassThrough()
    const ending = forwardStream(new FrameSource(body), sink, { ...options, progress: followConverse() })
    body.write(delta)
    if (event === 'error') sink.destroy(new Error('EPIPE'))
    else sink.destroy()
    expect(await ending).toMatchObject({ ended: 'client-gone' })
    expect(body.destroyed).toBe(true)
  })
})
