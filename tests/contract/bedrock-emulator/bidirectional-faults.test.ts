import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientHttp2Stream, connect, constants } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type BedrockEmulator, createBedrockEmulator, type RequestSummary } from '@bedrock-functions/bedrock-emulator'
import { encodeEvent, encodeFrame } from '@bedrock-functions/runtime/event-stream'
import { NodeHttp2Handler } from '@smithy/node-http-handler'
import { openCertificate } from '../../../local/net/certificate.ts'
import { ManualClock } from './async-support.ts'
import { decodeEvents, readStream } from './read-stream.ts'
import { createSpeechClient, loudAudio, SONIC, SpeechSession, textsOf } from './speech-session.ts'

const PATH = `/model/${SONIC}/invoke-with-bidirectional-stream`

let clock: ManualClock
let emulator: BedrockEmulator
let url: string
let client: ReturnType<typeof createSpeechClient>
let summaries: RequestSummary[]
let tell = (): void => {}

beforeEach(async () => {
  clock = new ManualClock()
  // A summary of an earlier test may come late.
  const own: RequestSummary[] = []
  summaries = own
  emulator = createBedrockEmulator({
    clock,
    onRequest: (summary) => {
      own.push(summary)
      tell()
    },
  })
  url = `http://127.0.0.1:${await emulator.listen(0)}`
  client = createSpeechClient(url)
})
afterEach(async () => {
  client.destroy()
  await emulator.close()
})

/** Waits for the summary of the session. */
async function readSummary(): Promise<RequestSummary> {
  while (true) {
    const found = summaries.find(({ operation }) => operation === 'InvokeModelWithBidirectionalStream')
    if (found) return found
    await new Promise<void>((resolve) => {
      tell = resolve
    })
  }
}

function open(): SpeechSession {
  const session = new SpeechSession(client)
  session.start()
  return session
}

/** A session whose model has read the system text: the stream has begun. */
async function openReady(): Promise<SpeechSession> {
  const session = open()
  session.text('SYSTEM', 'Be brief.')
  await session.until(({ name }) => name === 'usageEvent')
  return session
}

describe('a session ends', () => {
  test('after 55 seconds without an event', async () => {
    const session = await openReady()

    clock.advance(54_999)
    session.say('Hello')
    await session.turn()
    clock.advance(54_999)
    session.say('Hello')
    await session.turn()
    clock.advance(55_000)

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Timed out waiting for input events',
    })
    expect(await readSummary()).toMatchObject({ ending: 'exception', errorType: 'ValidationException' })
  })

  test('after 8 minutes, whatever the client sends', async () => {
    const session = await openReady()

    for (let minute = 0; minute < 16; minute += 1) {
      session.say('Hello')
      await session.turn()
      clock.advance(30_000)
    }

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ModelTimeoutException',
      message: 'Model has timed out in processing the request. Try your request again.',
    })
  })

  test('not by silence after sessionEnd, while the last answer is spoken', async () => {
    const session = open()
    session.say('[emulator:tokens=100] [emulator:rate=100]')
    await session.until(({ name }) => name === 'audioOutput')

    session.end()
    // The server has read sessionEnd once only the timer of the whole session is left.
    while (clock.waiting > 1) await session.until(({ name }) => name === 'audioOutput')
    clock.advance(60_000)
    const answer = await session.turn()
    session.finish()

    expect(textsOf(answer, 'ASSISTANT', 'FINAL')).toHaveLength(1)
    await expect(session.ended()).resolves.toBeDefined()
    expect(clock.waiting).toBe(0)
  })

  test('with its client, which leaves no timer behind', async () => {
    const session = await openReady()
    session.say('[emulator:tokens=1000] [emulator:rate=50]')
    await session.until(({ name }) => name === 'audioOutput')

    session.leave()

    expect(await readSummary()).toMatchObject({ isAbandoned: true, ending: 'abandoned', statusCode: 200 })
    expect(summaries[0]?.failure).toBeUndefined()
    expect(clock.waiting).toBe(0)
  })

  test('with a client that says nothing and leaves', async () => {
    const session = await openReady()

    session.leave()

    expect(await readSummary()).toMatchObject({ isAbandoned: true })
    expect(clock.waiting).toBe(0)
  })

  test('with a client that resets the stream with an error', async () => {
    const connection = connect(url)
    const stream = connection.request({ ':method': 'POST', ':path': PATH })
    stream.on('error', () => undefined)
    await once(stream, 'response')

    stream.close(constants.NGHTTP2_INTERNAL_ERROR)

    expect(await readSummary()).toMatchObject({ isAbandoned: true, ending: 'abandoned' })
    expect(clock.waiting).toBe(0)
    connection.destroy()
  })

  test('with a connection that breaks', async () => {
    const connection = connect(url)
    const stream = connection.request({ ':method': 'POST', ':path': PATH })
    // The stream and its connection both tell that they are gone.
    stream.on('error', () => undefined)
    await once(stream, 'response')

    connection.destroy()

    expect(await readSummary()).toMatchObject({ isAbandoned: true, ending: 'abandoned' })
    expect(clock.waiting).toBe(0)
  })

  test('well, with its usage in the summary', async () => {
    const session = open()
    session.say('What is the capital of France?')
    await session.turn()
    session.end()
    session.finish()
    await session.ended()

    expect(await readSummary()).toMatchObject({
      operation: 'InvokeModelWithBidirectionalStream',
      statusCode: 200,
      ending: 'whole',
      isAbandoned: false,
      inputTokens: 7,
      events: session.events.length,
    })
  })
})

describe('the connection', () => {
  test('serves another session after one that ended with an exception', async () => {
    const refused = open()
    refused.send('sessionEnd')
    await expect(refused.ended()).rejects.toThrow(/promptEnd/)

    const session = open()
    session.say('Hello')

    await expect(session.turn()).resolves.toBeDefined()
    session.leave()
  })

  test('holds 20 sessions at once', async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const session = open()
        session.say(`[emulator:say=Answer ${index}]`)
        const events = await session.turn()
        session.end()
        session.finish()
        await session.ended()
        return textsOf(events, 'ASSISTANT', 'FINAL')[0]
      }),
    )

    expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => `Answer ${index}`))
  })
})

describe('a directive in a text', () => {
  test.each([0, 1, 5])('sends an exception after %i events more', async (after) => {
    const session = await openReady()
    const before = session.events.length

    session.say(`Hello [emulator:exception=ModelStreamErrorException@${after}]`)

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ModelStreamErrorException',
      originalStatusCode: 500,
      originalMessage: 'The model failed.',
    })
    expect(session.events).toHaveLength(before + after)
    expect(await readSummary()).toMatchObject({ ending: 'exception', errorType: 'ModelStreamErrorException' })
  })

  test.each([
    'InternalServerException',
    'ModelTimeoutException',
    'ServiceUnavailableException',
    'ThrottlingException',
    'ValidationException',
  ])('sends %s as its own class', async (type) => {
    const session = await openReady()

    session.say(`Hello [emulator:exception=${type}@3]`)

    await expect(session.ended()).rejects.toMatchObject({ name: type })
  })

  test('of the system text counts from it', async () => {
    const session = open()
    session.text('SYSTEM', 'Be brief. [emulator:exception=throttlingException@4]')
    session.say('Hello')

    await expect(session.ended()).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect(session.events).toHaveLength(4)
  })

  test('of a later turn does not count the events of earlier ones', async () => {
    const session = open()
    session.say('Hello')
    await session.turn()
    const before = session.events.length

    session.say('Hello [emulator:end@2]')
    await session.ended()

    expect(session.events).toHaveLength(before + 2)
    expect(await readSummary()).toMatchObject({ ending: 'cut' })
  })

  test('resets the stream', async () => {
    const session = await openReady()

    session.say('Hello [emulator:reset@2]')
    await session.ended().catch(() => undefined)

    expect(await readSummary()).toMatchObject({ ending: 'reset', events: 3 })
  })

  test('is silent for a time', async () => {
    const session = await openReady()
    const startedAt = performance.now()

    session.say('Hello [emulator:silence=40@2]')
    await session.turn()

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    session.leave()
  })

  test('damages a frame', async () => {
    const session = await openReady()

    session.say('Hello [emulator:badcrc@2]')

    await expect(session.ended()).rejects.toThrow(/checksum/i)
  })

  test('is silent before the answer', async () => {
    const session = await openReady()
    const startedAt = performance.now()

    session.say('Hello [emulator:stall=40]')
    await session.turn()

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    session.leave()
  })

  test('refuses the same turn so often, then answers it', async () => {
    const attempt = async (): Promise<unknown> => {
      const session = open()
      session.say('Hello [emulator:throttle=2]')
      const events = await session.turn()
      session.leave()
      return textsOf(events, 'ASSISTANT', 'FINAL')[0]
    }

    await expect(attempt()).rejects.toMatchObject({ name: 'ThrottlingException' })
    await expect(attempt()).rejects.toMatchObject({ name: 'ThrottlingException' })
    await expect(attempt()).resolves.toBe('Hello! How can I help you today?')
  })

  test('ends the session with an error', async () => {
    const session = open()
    session.say('Hello [emulator:error=ServiceUnavailableException]')

    await expect(session.ended()).rejects.toMatchObject({ name: 'ServiceUnavailableException' })
  })

  test.each([
    ['[emulator:nonsense=1]', /Unknown directive \[emulator:nonsense\]/],
    ['[emulator:lasts=5]', /\[emulator:lasts=…\] is for asynchronous invocations/],
    ['[emulator:tool=nobody]', /names no tool of the request/],
    ['[emulator:tokens=1000001]', /has at most 1000000 tokens/],
  ])('%s is refused', async (directive, message) => {
    const session = open()
    session.say(`Hello ${directive}`)

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    })
  })
})

describe('a fault for the next call', () => {
  const operation = 'InvokeModelWithBidirectionalStream'

  test('refuses the call by its status', async () => {
    emulator.setFault({ operation, directives: { error: 'AccessDeniedException' } })
    const session = open()

    await expect(session.ended()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    })
    expect(emulator.listFaults()).toEqual([])
  })

  test('comes in the stream, counted from its start', async () => {
    emulator.setFault({ operation, model: 'nova-2-sonic', directives: { exception: 'InternalServerException@3' } })
    const session = open()
    session.say('Hello')

    await expect(session.ended()).rejects.toMatchObject({ name: 'InternalServerException' })
    expect(session.events).toHaveLength(3)
  })

  test('comes before all events at the position 0', async () => {
    emulator.setFault({ operation, directives: { exception: 'ThrottlingException@0' } })
    const session = open()

    await expect(session.ended()).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect(session.events).toEqual([])
  })

  test('has its answer in place of that of a text', async () => {
    emulator.setFault({ operation, directives: { say: 'From outside.' } })
    const session = open()
    session.say('Hello [emulator:say=From the text.]')

    expect(textsOf(await session.turn(), 'ASSISTANT', 'FINAL')).toEqual(['From outside.'])
    session.leave()
  })

  test('is set and listed by the route of faults', async () => {
    const put = await fetch(`${url}/_emulator/faults`, {
      method: 'PUT',
      body: JSON.stringify({ operation, directives: { reset: '@2' } }),
    })
    expect(await put.json()).toEqual({ faults: [{ operation, times: 1, directives: { reset: '@2' } }] })

    const session = open()
    session.say('Hello')
    await session.ended().catch(() => undefined)

    expect(await readSummary()).toMatchObject({ ending: 'reset', events: 2 })
  })

  test('with an unknown directive is refused', () => {
    expect(() => emulator.setFault({ operation, directives: { lasts: 5 } })).toThrow(
      /lasts has no effect in a fault of InvokeModelWithBidirectionalStream/,
    )
  })
})

describe('the wire', () => {
  /** Frame in the envelope of the SDK, without a true signature. */
  function sign(payload: Buffer, { signature = Buffer.alloc(32, 1), hasDate = true } = {}): Buffer {
    const header = (name: string, type: number, value: Buffer): Buffer =>
      Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([type]), value])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(signature.length)
    const headers = Buffer.concat([
      ...(hasDate ? [header(':date', 8, Buffer.alloc(8))] : []),
      header(':chunk-signature', 6, Buffer.concat([length, signature])),
    ])
    return withHeaders(headers, payload)
  }

  function withHeaders(headers: Buffer, payload: Buffer): Buffer {
    const frame = Buffer.alloc(16 + headers.length + payload.length)
    frame.writeUInt32BE(frame.length, 0)
    frame.writeUInt32BE(headers.length, 4)
    frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
    headers.copy(frame, 12)
    payload.copy(frame, 12 + headers.length)
    frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4)
    return frame
  }

  function chunk(event: object): Buffer {
    const bytes = Buffer.from(JSON.stringify({ event })).toString('base64')
    return encodeEvent('chunk', JSON.stringify({ bytes }))
  }

  async function exchange(write: (stream: ClientHttp2Stream) => void): Promise<ReturnType<typeof decodeEvents>> {
    const session = connect(url)
    const stream = session.request({ ':method': 'POST', ':path': PATH })
    write(stream)
    const [head] = await once(stream, 'response')
    expect(head[':status']).toBe(200)
    expect(head['content-type']).toBe('application/vnd.amazon.eventstream')
    const chunks: Buffer[] = []
    stream.on('data', (bytes: Buffer) => chunks.push(bytes))
    await once(stream, 'close')
    session.destroy()
    return decodeEvents(Buffer.concat(chunks))
  }

  const SESSION = [
    { sessionStart: {} },
    {
      promptStart: {
        promptName: 'p',
        audioOutputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: 8_000, voiceId: 'amy' },
      },
    },
    { promptEnd: { promptName: 'p' } },
    { sessionEnd: {} },
  ]

  test.each([
    [
      'signed frames and an empty one at the end',
      [...SESSION.map((event) => sign(chunk(event))), sign(Buffer.alloc(0))],
    ],
    ['frames without a signature', SESSION.map(chunk)],
  ])('has %s', async (_name, frames) => {
    expect(await exchange((stream) => stream.end(Buffer.concat(frames)))).toEqual({ events: [], isBroken: false })
  })

  test('may cut frames anywhere', async () => {
    const bytes = Buffer.concat(SESSION.map((event) => sign(chunk(event))))

    const answer = await exchange((stream) => {
      for (const byte of bytes) stream.write(Buffer.from([byte]))
      stream.end()
    })

    expect(answer.events).toEqual([])
  })

  const broken = chunk({ sessionStart: {} })
  broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 0xff, broken.length - 1)
  const first = chunk({ sessionStart: {} })

  test.each([
    ['a wrong checksum', broken, /invalid event stream: a frame of \d+ bytes has a wrong checksum/],
    ['no frame at all', Buffer.from('{"event": {"sessionStart": {}}}'), /wrong checksum/],
    ['half a frame', first.subarray(0, 40), /it ended inside a frame, of which 40 bytes came/],
    ['a short signature', sign(first, { signature: Buffer.alloc(8) }), /a :chunk-signature is not 32 bytes long/],
    ['no date', sign(first, { hasDate: false }), /a signed frame has no timestamp :date/],
    ['two events in one signed frame', sign(Buffer.concat([first, first])), /a signed frame does not hold one event/],
    ['another event', encodeEvent('audio', '{}'), /event audio in place of the event chunk/],
    ['no bytes', encodeEvent('chunk', '{}'), /a chunk has no bytes in base64/],
    ['no kind', encodeFrame({ ':event-type': 'chunk' }, Buffer.from('{}')), /:message-type is missing/],
  ])('is refused with %s', async (_name, bytes, message) => {
    const { events } = await exchange((stream) => stream.end(bytes))

    expect(events).toEqual([
      { kind: 'exception', name: 'validationException', payload: { message: expect.stringMatching(message) } },
    ])
  })

  test('has padding beside the bytes of an event', async () => {
    const events = [
      ...SESSION.slice(0, 2),
      {
        contentStart: {
          promptName: 'p',
          contentName: 'c',
          type: 'TEXT',
          role: 'SYSTEM',
          textInputConfiguration: { mediaType: 'text/plain' },
        },
      },
      { textInput: { promptName: 'p', contentName: 'c', content: 'Hi' } },
      { contentEnd: { promptName: 'p', contentName: 'c' } },
      ...SESSION.slice(2),
    ]

    const answer = await exchange((stream) => stream.end(Buffer.concat(events.map(chunk))))

    expect(answer.events).toEqual([
      { kind: 'event', name: 'chunk', payload: { bytes: expect.any(String), p: expect.any(String) } },
    ])
  })

  test('is not HTTP/1.1', async () => {
    const response = await fetch(`${url}${PATH}`, { method: 'POST', body: first })

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      message: 'InvokeModelWithBidirectionalStream needs HTTP/2.',
    })
  })

  test('may be TLS', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'speech-tls-'))
    const tls = await openCertificate(directory, undefined)
    const secure = createBedrockEmulator()
    const port = await secure.listen(0, { tls })
    const requestHandler = new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca: tls.certificate } })
    const trusting = createSpeechClient(`https://localhost:${port}`, { requestHandler })
    const session = new SpeechSession(trusting)
    session.start()
    const microphone = session.openAudio()

    session.audio(microphone, loudAudio(320))
    session.endContent(microphone)
    const events = await session.turn()
    session.end()
    session.finish()
    await session.ended()

    expect(textsOf(events, 'USER', 'FINAL')).toEqual(['speech of 0.3 seconds'])
    trusting.destroy()
    await secure.close()
    await rm(directory, { recursive: true })
  })
})

test.each(['record', 'replay'] as const)('%s refuses the operation by name, at once', async (mode) => {
  const directory = await mkdtemp(join(tmpdir(), 'speech-recordings-'))
  const forwarding = createBedrockEmulator({ [mode]: { directory } })
  const own = `http://127.0.0.1:${await forwarding.listen(0)}`

  const { status, bytes } = await readStream(own, PATH, {}, { protocol: 'HTTP/2' })

  expect(status).toBe(400)
  expect(JSON.parse(bytes.toString() || '{}')).toEqual({
    message:
      'The emulator neither records nor replays InvokeModelWithBidirectionalStream. Start it without --record and --replay.',
  })
  await forwarding.close()
  await rm(directory, { recursive: true })
})
