import { once } from 'node:events'
import { type IncomingMessage, request as sendHttp1 } from 'node:http'
import { connect } from 'node:http2'
import type { Readable } from 'node:stream'
import { FrameError, FrameReader, readEventHead } from '@bedrock-functions/runtime/event-stream'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

export interface ReceivedEvent {
  readonly kind: string
  readonly name: string
  // Tests read payloads of any shape. A wrong shape fails the assertion.
  readonly payload: ReturnType<typeof JSON.parse>
}

export interface ReceivedStream {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  /** Frames before the first invalid one. */
  readonly events: readonly ReceivedEvent[]
  readonly bytes: Buffer
  /** End of the body, or a bad frame in it. */
  readonly ending: 'clean' | 'reset' | 'bad frame'
}

/** Calls a streaming operation without any SDK. Returns the wire bytes, up to any ending. */
export async function readStream(
  url: string,
  path: string,
  body: unknown,
  { protocol = 'HTTP/1.1', headers = {} }: { protocol?: Protocol; headers?: Record<string, string> } = {},
): Promise<ReceivedStream> {
  const call = { url, path, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
  return protocol === 'HTTP/2' ? readHttp2(call) : readHttp1(call)
}

interface Call {
  readonly url: string
  readonly path: string
  readonly body: string
  readonly headers: Record<string, string>
}

async function readHttp1({ url, path, body, headers }: Call): Promise<ReceivedStream> {
  const request = sendHttp1(`${url}${path}`, { method: 'POST', headers }).end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  // Both report a reset. The response is read below.
  request.on('error', () => undefined)
  const { chunks, isReset } = await collect(response)
  return describe(response.statusCode ?? 0, response.headers, chunks, isReset)
}

async function readHttp2({ url, path, body, headers }: Call): Promise<ReceivedStream> {
  const session = connect(url)
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers })
  stream.end(body)
  const [head] = await once(stream, 'response')
  const { chunks, isReset } = await collect(stream)
  session.destroy()
  return describe(Number(head[':status']), head, chunks, isReset)
}

/** Reads from the start, so that a later reset loses no received bytes. */
async function collect(body: Readable): Promise<{ chunks: Buffer[]; isReset: boolean }> {
  const chunks: Buffer[] = []
  let isReset = false
  body.on('data', (chunk: Buffer) => chunks.push(chunk))
  body.on('error', () => {
    isReset = true
  })
  await new Promise((resolve) => body.on('close', resolve))
  return { chunks, isReset }
}

function describe(
  status: number,
  headers: NodeJS.Dict<string | string[]>,
  chunks: readonly Buffer[],
  isReset: boolean,
): ReceivedStream {
  const bytes = Buffer.concat(chunks)
  const { events, isBroken } = decodeEvents(bytes)
  return { status, headers, events, bytes, ending: isBroken ? 'bad frame' : isReset ? 'reset' : 'clean' }
}

export function decodeEvents(bytes: Buffer): { events: ReceivedEvent[]; isBroken: boolean } {
  const frames: Parameters<FrameReader['push']>[1] = []
  let isBroken = false
  try {
    new FrameReader().push(bytes, frames)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    isBroken = true
  }
  const events = frames.map((frame) => {
    const { kind, name } = readEventHead(frame.headers)
    return { kind, name, payload: JSON.parse(frame.payload.toString()) }
  })
  return { events, isBroken }
}

/** Returns the native events inside `chunk` events. */
export function decodeChunks(events: readonly ReceivedEvent[]): ReturnType<typeof JSON.parse>[] {
  return events
    .filter(({ name }) => name === 'chunk')
    .map(({ payload }) => JSON.parse(Buffer.from(payload.bytes, 'base64').toString()))
}
