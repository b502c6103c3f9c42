import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeServiceException,
  ConverseCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { CLAUDE, HANDLERS } from '../../../support/stock-clients.ts'
import { type RunningEmulator, startEmulator } from '../../bedrock-emulator/support.ts'
import { type Gateways, startGateways } from './support/start-gateways.ts'

const KEY = 'MARKER-of-alice-0123456789'
const CONVERSE = `/model/${encodeURIComponent(CLAUDE)}/converse`
const SILENCE_MS = 100

let gateways: Gateways
let emulator: RunningEmulator
beforeAll(async () => {
  const bodyTime = { silenceMs: SILENCE_MS }
  gateways = await startGateways('key', { bodyTime })
  gateways.setKeys({ alice: KEY })
  emulator = await startEmulator({ bodyTime })
})
afterAll(async () => {
  await gateways.close()
  await emulator.close()
})

type Server = 'API' | 'function URL' | 'emulator'
const urlOf = (server: Server) =>
  ({ API: gateways.url, 'function URL': gateways.functionUrl, emulator: emulator.url })[server]

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** Reads until `pattern` has come. */
async function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  let text = ''
  while (!pattern.test(text)) text += String((await once(socket, 'data'))[0])
  return text
}

const head = (path: string, ...headers: string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`
const OPEN = 'Transfer-Encoding: chunked'
const BEARER = `Authorization: Bearer ${KEY}`

const REFUSALS: [Server, string, string, string[], number][] = [
  ['API', 'an unknown path', '/nothing', [], 403],
  ['API', 'no key', CONVERSE, [], 403],
  ['API', 'an unknown key', CONVERSE, ['Authorization: Bearer a-key-that-nobody-has-made'], 403],
  ['API', 'headers beyond the limit', CONVERSE, [`X-Large: ${'a'.repeat(12_000)}`], 431],
  ['function URL', 'no signature', CONVERSE, [], 403],
  ['emulator', 'an unknown path', '/nothing', [], 404],
]

describe('a request whose body stays open is refused at once', () => {
  test.each(REFUSALS)('%s, HTTP/1.1: %s', async (server, _reason, path, headers, status) => {
    const socket = await open(urlOf(server))
    socket.write(head(path, OPEN, ...headers))
    expect(await readUntil(socket, /\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    socket.destroy()
  })

  test.each(REFUSALS)('%s, HTTP/2: %s', async (server, _reason, path, headers, status) => {
    const session = connectHttp2(urlOf(server))
    const fields = Object.fromEntries(headers.map((line) => line.toLowerCase().split(': ', 2)))
    const call = session.request({ ':method': 'POST', ':path': path, ...fields, authorization: headers[0]?.slice(15) })
    call.write('{')
    const [answer] = await once(call, 'response')
    expect(answer[':status']).toBe(status)
    call.resume()
    await once(call, 'end')
    session.destroy()
  })

  test.each([
    ['API', 11_000_000, [BEARER], 413],
    ['emulator', 34_100_001, [], 400],
  ] as [Server, number, string[], number][])(
    '%s: an announced size beyond the limit',
    async (server, bytes, headers, status) => {
      const socket = await open(urlOf(server))
      socket.write(head(CONVERSE, `Content-Length: ${bytes}`, ...headers))
      expect(await readUntil(socket, /\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      socket.destroy()
    },
  )

  test('a body of the API that grows beyond the limit is refused before its end', async () => {
    const socket = await open(gateways.url)
    socket.write(head(CONVERSE, OPEN, BEARER))
    const answered = readUntil(socket, /\r\n\r\n/)
    socket.write(`B00000\r\n${'x'.repeat(0xb00000)}`)
    expect(await answered).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
})

test('a client that continues to send after a refusal can reuse its connection', async () => {
  const socket = await open(gateways.url)
  socket.write(head('/nothing', 'Content-Length: 1000000'))
  await readUntil(socket, /Missing Authentication Token/)
  socket.write('x'.repeat(1_000_000))
  socket.write(head('/nothing', 'Content-Length: 0'))
  expect(await readUntil(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 403 /)
  socket.destroy()
})

describe('Expect: 100-continue', () => {
  const expectation = 'Expect: 100-continue'

  test.each([
    ['API', 403],
    ['emulator', 404],
  ] as [Server, number][])('%s: a refused client is not told to continue', async (server, status) => {
    const socket = await open(urlOf(server))
    socket.write(head('/nothing', 'Content-Length: 2', expectation))
    expect(await readUntil(socket, /\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    socket.destroy()
  })

  test.each(['API', 'emulator'] as Server[])(
    '%s: another expectation is ignored until the body has arrived',
    async (server) => {
      const body = '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}'
      const socket = await open(urlOf(server))
      socket.write(head(CONVERSE, `Content-Length: ${body.length}`, expectation, BEARER))
      expect(await readUntil(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
      socket.write(body)
      expect(await readUntil(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /)
      socket.destroy()
    },
  )
})

describe('a body that stops', () => {
  test.each([
    ['API', CONVERSE],
    ['emulator', CONVERSE],
  ] as [Server, string][])('%s, HTTP/1.1: is a 408 in Bedrock’s shape', async (server, path) => {
    const socket = await open(urlOf(server))
    socket.write(head(path, 'Content-Length: 100', BEARER, 'x-amz-test: 1'))
    socket.write('{"messages"')
    const text = await readUntil(socket, /\}/)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toMatch(/^x-amzn-errortype: RequestTimeoutException\r$/im)
    expect(text).toContain('{"message":"the request body did not come within 0.1 s without a byte"}')
    socket.destroy()
  })

  test.each(['API', 'emulator'] as Server[])('%s, HTTP/2: likewise', async (server) => {
    const session = connectHttp2(urlOf(server))
    const call = session.request({ ':method': 'POST', ':path': CONVERSE, authorization: `Bearer ${KEY}` })
    call.write('{')
    const [answer] = await once(call, 'response')
    expect(answer[':status']).toBe(408)
    call.resume()
    await once(call, 'end')
    session.destroy()
  })
})

test.each(HANDLERS)('the AWS SDK over %s reads the refusal of a body that is too large', async (_name, handler) => {
  const client = new BedrockRuntimeClient({
    endpoint: gateways.url,
    region: 'us-east-1',
    token: { token: KEY },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    ...handler(),
  })
  const messages = [{ role: 'user' as const, content: [{ text: 'x'.repeat(11_000_000) }] }]
  const error: BedrockRuntimeServiceException = await client
    .send(new ConverseCommand({ modelId: CLAUDE, messages }))
    .catch((caught) => caught)
  if (!error.$metadata) throw error
  expect(error.$metadata.httpStatusCode).toBe(413)
  client.destroy()
})
