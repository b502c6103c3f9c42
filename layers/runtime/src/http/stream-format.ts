import { encodeException, readEventHead, toMemberName } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'

const FRAMES_TYPE = 'application/vnd.amazon.eventstream'

/**
 * Creates the format of Bedrock's own frames, which are not changed.
 *
 * @param listedErrors exceptions in the stream's union. SDKs lose the name of any other exception (botocore shows it as
 *   empty), so other failures are sent as ModelStreamErrorException with a message that describes them.
 */
function createFramesFormat(listedErrors: readonly string[]): StreamFormat {
  return {
    contentType: FRAMES_TYPE,
    headers: {},
    // Frames that were taken together are contiguous in memory.
    encode(frames) {
      const [first] = frames
      if (!first) return Buffer.alloc(0)
      const length = frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
      return Buffer.from(first.bytes.buffer, first.bytes.byteOffset, length)
    },
    encodeError: (type, message) =>
      encodeException(listedErrors.includes(type) ? type : 'ModelStreamErrorException', { message }),
    heartbeat: undefined,
  }
}

const DATA = Buffer.from('data: ')
const END = Buffer.from('\n\n')
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

/** Lines `event: <name>` by name. There are few names. */
const eventLines = new Map<string, Buffer>()
const MAX_EVENT_LINES = 64

/**
 * Format of server-sent events: `event: <Bedrock's name>` and `data: <the same JSON>`. A failure is `event: error` with
 * `{"type","message"}`. Payloads are copied, not parsed.
 * Source: the HTML standard, "Server-sent events".
 */
const SERVER_SENT_EVENTS: StreamFormat = {
  contentType: 'text/event-stream; charset=utf-8',
  // nginx and similar proxies buffer answers without this header.
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  encode: (frames) => Buffer.concat(frames.flatMap(encodeFrameAsEvent)),
  encodeError: (type, message) => encodeErrorEvent({ type: toMemberName(type), message }),
  heartbeat: Buffer.from(': heartbeat\n\n'),
}

function encodeFrameAsEvent({ headers, payload }: Frame): Buffer[] {
  const { kind, name, errorMessage } = readEventHead(headers)
  if (kind === 'event') return [eventLine(name), DATA, withoutLineBreaks(payload), END]
  return [encodeErrorEvent({ ...readDocument(payload), type: name, ...(errorMessage && { message: errorMessage }) })]
}

function encodeErrorEvent(document: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(document)}\n\n`)
}

function eventLine(name: string): Buffer {
  let line = eventLines.get(name)
  if (!line) {
    line = Buffer.from(`event: ${name.replace(/[\r\n]/g, ' ')}\n`)
    if (eventLines.size < MAX_EVENT_LINES) eventLines.set(name, line)
  }
  return line
}

/** Replaces line breaks, which would end the line of an event. In JSON they are only white space between tokens. */
function withoutLineBreaks(payload: Buffer): Buffer {
  if (!payload.includes(LINE_FEED) && !payload.includes(CARRIAGE_RETURN)) return payload
  return payload.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? SPACE : byte)) as Buffer
}

function readDocument(payload: Buffer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(payload.toString())
    return typeof document === 'object' && document !== null ? { ...document } : {}
  } catch {
    return {}
  }
}

/**
 * Chooses frames only if `accept` names their media type, for an operation that no SDK knows.
 */
export function chooseEventFormat(accept: string | undefined, listedErrors: readonly string[]): StreamFormat {
  return mediaTypesOf(accept).includes(FRAMES_TYPE) ? createFramesFormat(listedErrors) : SERVER_SENT_EVENTS
}

/** Lists the media types of an `accept` header in lower case. */
export function mediaTypesOf(accept: string | undefined): string[] {
  return (accept ?? '').split(',').map((item) => (item.split(';')[0] ?? '').trim().toLowerCase())
}

/** Chooses server-sent events if `accept` names their media type. SDKs expect frames, whatever `accept` they send. */
export function chooseFormat(accept: string | undefined, listedErrors: readonly string[]): StreamFormat {
  return mediaTypesOf(accept).includes('text/event-stream') ? SERVER_SENT_EVENTS : createFramesFormat(listedErrors)
}
