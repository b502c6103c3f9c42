import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { encodeEvent, encodeException, encodeFrame } from '@bedrock-functions/runtime/event-stream'

let server: Server
let calls = 0

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

async function open(answer: RequestListener, retry = true) {
  calls = 0
  server = createServer((request, response) => {
    calls += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bedrock = createBedrock(readConfiguration({}), {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const request = { path: '/model/x/converse-stream', headers: {}, body: Buffer.from('{}') }
  return bedrock.openStream(request, { signal: new AbortController().signal, retry, silenceLimitMs: 1_000 })
}

const messageStart = encodeEvent('messageStart', '{"role":"assistant"}')

test('a stream opens when its first event has come, with the events that came with it', async () => {
  const stream = await open((_, response) => {
    response.writeHead(200, { 'x-amzn-bedrock-content-type': 'application/json' })
    response.write(messageStart.subarray(0, 20))
    setImmediate(() => response.write(Buffer.concat([messageStart.subarray(20), messageStart])))
  })
  expect(stream.headers['x-amzn-bedrock-content-type']).toBe('application/json')
  expect(stream.source.take()).toHaveLength(2)
  stream.source.destroy()
})

test('an exception as the first frame is an error with its status and is retried as one', async () => {
  const exception = encodeException('ThrottlingException', { message: 'Too many requests.' })
  await expect(open((_, response) => response.writeHead(200).end(exception))).rejects.toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: 'Too many requests.',
  })
  expect(calls).toBe(3)
})

test('a retry after such an exception can succeed', async () => {
  const exception = encodeException('ServiceUnavailableException', { message: 'Later.' })
  const stream = await open((_, response) => response.writeHead(200).write(calls === 1 ? exception : messageStart))
  expect(stream.attempts).toBe(2)
  stream.source.destroy()
})

test.each([
  ['nothing', Buffer.alloc(0), 'ModelStreamErrorException', 424],
  ['half a frame', messageStart.subarray(0, 30), 'ModelStreamErrorException', 424],
  ['no frames', Buffer.from('<html>this is not an event stream</html>'), 'ModelStreamErrorException', 424],
  [
    'an error of the kind that no model lists',
    encodeFrame(
      { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'boom' },
      Buffer.alloc(0),
    ),
    'InternalError',
    500,
  ],
])('%s is an error and not a stream', async (_, bytes, name, statusCode) => {
  const opening = open((_request, response) => response.writeHead(200).end(bytes), false)
  await expect(opening).rejects.toMatchObject({ name, statusCode })
})

test('silence after the status is a timeout that is not retried', async () => {
  const opening = open((_, response) => response.writeHead(200).flushHeaders())
  await expect(opening).rejects.toMatchObject({ name: 'ModelTimeoutException', statusCode: 408 })
  expect(calls).toBe(1)
})
