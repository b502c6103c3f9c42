import { once } from 'node:events'
import { type IncomingMessage, request as sendHttp1 } from 'node:http'
import { connect } from 'node:http2'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { formatSummary, type RequestSummary } from '@bedrock-functions/bedrock-emulator'
import { cpuMsSince } from '../../support/cpu-time.ts'
import { decodeEvents } from './read-stream.ts'
import { CLAUDE, type RunningEmulator, startEmulator, userMessage } from './support.ts'

let emulator: RunningEmulator
let tellSummary: (summary: RequestSummary) => void = () => undefined

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: (summary) => tellSummary(summary) })
})

afterAll(() => emulator.close())

const PATH = `/model/${CLAUDE}/converse-stream`

function nextSummary(): Promise<RequestSummary> {
  return new Promise((resolve) => {
    tellSummary = resolve
  })
}

function body(text: string): string {
  return JSON.stringify({ messages: [userMessage(text)] })
}

async function openHttp1(text: string): Promise<IncomingMessage> {
  const request = sendHttp1(`${emulator.url}${PATH}`, { method: 'POST' }).end(body(text))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  return response
}

/** Collects garbage and returns the used heap. */
function measureHeap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

test('the first event arrives while the model generates the rest', async () => {
  const summary = nextSummary()
  // The last token is due after 1,000 s.
  const response = await openHttp1('[emulator:tokens=1000] [emulator:rate=1]')
  for await (const chunk of response) {
    if (decodeEvents(chunk).events.some(({ name }) => name === 'contentBlockDelta')) break
  }

  const { isAbandoned, outputTokens } = await summary
  expect(isAbandoned).toBe(true)
  expect(outputTokens).toBeLessThan(1000)
})

test('no token arrives before its time', async () => {
  const start = performance.now()
  const response = await openHttp1('[emulator:tokens=20] [emulator:rate=100]')
  const arrivals: number[] = []
  for await (const chunk of response) {
    for (const { name } of decodeEvents(chunk).events) {
      if (name === 'contentBlockDelta') arrivals.push(performance.now() - start)
    }
  }

  expect(arrivals).toHaveLength(20)
  for (const [index, arrival] of arrivals.entries()) expect(arrival).toBeGreaterThanOrEqual((index + 1) * 10 - 2)
})

test('each event of a short stream is written separately', async () => {
  const response = await openHttp1('[emulator:tokens=40]')
  let pieces = 0
  response.on('data', () => {
    pieces += 1
  })

  await once(response, 'end')

  // The client's socket may join a few events.
  expect(pieces).toBeGreaterThan(30)
})

test.each(['HTTP/1.1', 'HTTP/2'])('a client that disconnects ends the generation over %s', async (protocol) => {
  const summary = nextSummary()

  const text = '[emulator:tokens=50000000]'
  if (protocol === 'HTTP/1.1') {
    const response = await openHttp1(text)
    await once(response, 'data')
    response.destroy()
  } else {
    const session = connect(emulator.url)
    const stream = session.request({ ':method': 'POST', ':path': PATH })
    stream.end(body(text))
    await once(stream, 'data')
    stream.close()
    await once(stream, 'close')
    session.close()
  }

  const { isAbandoned, ending, events, outputTokens } = await summary
  expect({ isAbandoned, ending }).toEqual({ isAbandoned: true, ending: 'abandoned' })
  expect(events).toBeLessThan(1_000_000)
  expect(outputTokens).toBeLessThan(1_000_000)
})

test('a client that does not read stops the generation', async () => {
  const response = await openHttp1('[emulator:tokens=50000000]')
  response.pause()
  // Both streams alternate, so without backpressure the unread one would progress about as far as this one.
  const read = nextSummary()
  for await (const _ of await openHttp1('[emulator:tokens=300000]'));
  expect(await read).toMatchObject({ ending: 'whole', events: 300_004 })

  const unread = nextSummary()
  response.destroy()

  expect((await unread).events).toBeLessThan(100_000)
})

test('a hundred megabytes stream in bounded memory, and an event takes less than 0.1 ms of CPU', async () => {
  const summary = nextSummary()
  const before = measureHeap()
  const start = process.cpuUsage()
  let bytes = 0
  let most = 0

  const response = await openHttp1('[emulator:tokens=550000]')
  for await (const chunk of response) {
    const millions = Math.floor(bytes / 10_000_000)
    bytes += chunk.length
    if (Math.floor(bytes / 10_000_000) > millions) most = Math.max(most, measureHeap() - before)
  }
  const cpuMs = cpuMsSince(start)

  expect(bytes).toBeGreaterThan(100_000_000)
  expect(most).toBeLessThan(32_000_000)
  // This includes the client and the measurement of memory. The emulator alone takes a fraction of it.
  expect(cpuMs / 550_000).toBeLessThan(0.1)
  expect(await summary).toMatchObject({ ending: 'whole', events: 550_004, outputTokens: 550_000 })
}, 120_000)

test('a stream is one line in the log', async () => {
  const lines: string[] = []
  for (const directive of ['say=one two', 'end@2', 'reset@2', 'exception=ThrottlingException@2']) {
    const summary = nextSummary()
    const response = await openHttp1(`[emulator:tokens=2] [emulator:${directive}]`)
    response.on('error', () => undefined)
    response.resume()
    lines.push(formatSummary(await summary).replace(/\d+ ms/, 'N ms'))
  }

  expect(lines).toEqual([
    `200 ConverseStream ${CLAUDE} N ms, 3 + 2 tokens, 6 events`,
    `200 ConverseStream ${CLAUDE} N ms, 3 + 1 tokens, 2 events, cut`,
    `200 ConverseStream ${CLAUDE} N ms, 3 + 1 tokens, 2 events, reset`,
    `200 ConverseStream ${CLAUDE} N ms, 3 + 1 tokens, 2 events, ThrottlingException`,
  ])
})
