import { PassThrough } from 'node:stream'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { readEventHead } from '@bedrock-functions/runtime/event-stream'
import { followConverse } from '../../../layers/runtime/src/bedrock/read-usage.ts'
import { forwardStream } from '../../../layers/runtime/src/http/forward-stream.ts'
import { chooseEventFormat } from '../../../layers/runtime/src/http/stream-format.ts'
import { type RunningEmulator, startEmulator } from '../bedrock-emulator/support.ts'

let emulator: RunningEmulator
let tellOutcome: (isAbandoned: boolean) => void = () => undefined

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: ({ isAbandoned }) => tellOutcome(isAbandoned) })
})
afterAll(() => emulator.close())

const nextOutcome = () =>
  new Promise<boolean>((resolve) => {
    tellOutcome = resolve
  })

function openTurn(text: string, signal = new AbortController().signal) {
  const bedrock = createBedrock(readConfiguration({}), {
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }))
  return bedrock.openTurn({ modelId: 'amazon.nova-2-sonic-v1:0', body }, { signal, silenceLimitMs: 5_000 })
}

const LONG = 'Tell me a story [emulator:tokens=400] [emulator:rate=5]'

function forward(turn: Awaited<ReturnType<typeof openTurn>>, sink: PassThrough) {
  return forwardStream(turn.source, sink, {
    format: chooseEventFormat(undefined, []),
    progress: followConverse(),
    silenceLimitMs: 5_000,
    remainingMs: 60_000,
    heartbeatMs: 10_000,
  })
}

test('a turn ends its session, so that the call to Bedrock ends as well', async () => {
  const outcome = nextOutcome()
  const turn = await openTurn('Hello')

  const end = await forward(turn, new PassThrough().resume())

  expect(end).toMatchObject({ ended: 'complete', usage: { outputTokens: expect.any(Number) } })
  expect(await outcome).toBe(false)
})

test('a client that leaves ends the call to Bedrock', async () => {
  const outcome = nextOutcome()
  const turn = await openTurn(LONG)
  const sink = new PassThrough()
  sink.once('data', () => sink.destroy())

  const end = await forward(turn, sink)

  expect(end.ended).toBe('client-gone')
  expect(await outcome).toBe(true)
})

test('a deadline before the answer ends the call with its reason', async () => {
  const outcome = nextOutcome()
  const deadline = new AbortController()
  const opening = openTurn('Hello [emulator:stall=60000]', deadline.signal)
  const reason = new Error('the deadline has passed')
  setImmediate(() => deadline.abort(reason))

  await expect(opening).rejects.toBe(reason)
  deadline.abort()
  void outcome
})

test('the first events have come when a turn opens', async () => {
  const turn = await openTurn('Hello')

  const [first] = turn.source.take() ?? []

  expect(first && readEventHead(first.headers).name).toBe('messageStart')
  turn.source.destroy()
})

test('a model without bidirectional streams is refused with the status of the error', async () => {
  const bedrock = createBedrock(readConfiguration({}), {
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const body = Buffer.from('{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}')
  const opening = bedrock.openTurn(
    { modelId: 'amazon.nova-lite-v1:0', body },
    { signal: new AbortController().signal, silenceLimitMs: 5_000 },
  )

  await expect(opening).rejects.toMatchObject({ name: 'ValidationException', statusCode: 400 })
})
