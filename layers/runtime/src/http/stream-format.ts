import { encodeException, readEventHead, toMemberName } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'

/** How a stream looks to the caller. */
export interface StreamFormat {
  readonly contentType: string
  /** Headers beside the content type that keep everything in between from holding the stream up. */
  readonly headers: Readonly<Record<string, string>>
  /** What is sent for frames that came together. */
  encode(frames: readonly Frame[]): Buffer
  /** The last thing of a stream that failed. `type` as in `ModelStreamErrorException`. */
  encodeError(type: string, message: string): Buffer
  /** Sent in silence, to show that the connection lives; undefined where the format has no such thing. */
  readonly heartbeat: Buffer | undefined
}

/**
 * Bedrock's own frames, as they came.
 *
 * @param listedErrors what the stream's union has. SDKs lose the name of any other (botocore shows it as empty), so that
 *   another failure goes as ModelStreamErrorException, and its message says what it was.
 */
function createFramesFormat(listedErrors: readonly string[]): StreamFormat {
  return {
    contentType: 'application/vnd.amazon.eventstream',
    headers: {},
    // Frames that were taken together lie side by side in memory.
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

/** `event: <name>` lines by name: there is a handful. */
const eventLines = new Map<string, Buffer>()
const MOST_EVENT_LINES = 64

/**
 * Server-sent events: `event: <Bedrock's name>`, `data: <the same JSON>`; `event: error` with `{"type","message"}` for a
 * failure. Payloads are copied, not parsed.
 * Source of the format: the HTML standard, "Server-sent events".
 */
const SERVER_SENT_EVENTS: StreamFormat = {
  contentType: 'text/event-stream; charset=utf-8',
  // nginx and its kin hold answers back unless told not to.
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
    if (eventLines.size < MOST_EVENT_LINES) eventLines.set(name, line)
  }
  return line
}

/** A line break in a JSON document can only be white space between its tokens; in an event it would end the line. */
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

/** Frames are what SDKs expect whatever they send as Accept; events are for who names their media type. */
export function chooseFormat(accept: string | undefined, listedErrors: readonly string[]): StreamFormat {
  const names = (accept ?? '').split(',').map((item) => item.split(';')[0]?.trim().toLowerCase())
  return names.includes('text/event-stream') ? SERVER_SENT_EVENTS : createFramesFormat(listedErrors)
}
