import {
  encodeEvent,
  encodeException,
  encodeFrame,
  type Frame,
  FrameError,
  FrameReader,
  MAX_FRAME_BYTES,
  readEventHead,
} from '@bedrock-functions/runtime/event-stream'
import { EventStreamCodec } from '@smithy/core/event-streams'
import golden from '../../fixtures/golden-frames.json' with { type: 'json' }
import { cpuMsSince } from '../../support/cpu-time.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)
/** Recorded frames, decoded equally by the AWS SDK for JavaScript and by botocore. */
const recorded = Object.entries(golden).map(([name, { hex }]) => ({ name, bytes: Buffer.from(hex, 'hex') }))
const all = Buffer.concat(recorded.map(({ bytes }) => bytes))

function readInPieces(bytes: Buffer, size: number): Frame[] {
  const reader = new FrameReader()
  const frames: Frame[] = []
  for (let start = 0; start < bytes.length; start += size)
    frames.push(...reader.push(bytes.subarray(start, start + size)))
  expect(reader.incompleteBytes).toBe(0)
  return frames
}

test.each([1, 2, 11, 12, 13, 100, 1000, all.length])('frames are complete from pieces of %i bytes', (size) => {
  expect(readInPieces(all, size).map(({ bytes }) => bytes.toString('hex'))).toEqual(
    recorded.map(({ bytes }) => bytes.toString('hex')),
  )
})

test.each(recorded)("$name is read as @smithy's codec reads it", ({ bytes }) => {
  const [frame] = readInPieces(bytes, bytes.length)
  if (!frame) throw new Error('no frame')
  const decoded = codec.decode(bytes)
  const value = (name: string) => decoded.headers[name]?.value
  expect(frame.payload).toEqual(Buffer.from(decoded.body))
  expect(readEventHead(frame.headers)).toEqual({
    kind: value(':message-type'),
    name: value(':event-type') ?? value(':exception-type') ?? value(':error-code'),
    ...(value(':error-message') !== undefined && { errorMessage: value(':error-message') }),
  })
})

test("encoded frames are decoded by @smithy's codec and equal the recorded bytes", () => {
  const messageStop = encodeEvent('messageStop', '{"p":"abcdefghijkl","stopReason":"end_turn"}')
  expect(messageStop.toString('hex')).toBe(golden.converseMessageStop.hex)
  const exception = encodeException('ThrottlingException', {
    message: 'Too many requests, please wait before trying again.',
  })
  expect(exception.toString('hex')).toBe(golden.converseThrottlingException.hex)
  const { headers, body } = codec.decode(encodeFrame({ name: 'wört' }, Buffer.from('日本')))
  expect(headers.name).toEqual({ type: 'string', value: 'wört' })
  expect(Buffer.from(body).toString()).toBe('日本')
})

test('headers of every type are skipped', () => {
  const bytes = Buffer.from(
    codec.encode({
      headers: {
        a: { type: 'boolean', value: true },
        b: { type: 'byte', value: 1 },
        c: { type: 'short', value: 2 },
        d: { type: 'integer', value: 3 },
        e: { type: 'binary', value: Buffer.from('binary') },
        f: { type: 'timestamp', value: new Date(0) },
        g: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
        ':message-type': { type: 'string', value: 'event' },
        ':event-type': { type: 'string', value: 'chunk' },
      },
      body: Buffer.from('{}'),
    }),
  )
  const [frame] = readInPieces(bytes, bytes.length)
  expect(readEventHead(frame?.headers ?? Buffer.alloc(0))).toEqual({ kind: 'event', name: 'chunk' })
})

describe('bytes that are not an event stream', () => {
  const frame = recorded[0]?.bytes ?? Buffer.alloc(0)
  const changed = (position: number, value: number) => {
    const bytes = Buffer.from(frame)
    bytes[position] = (bytes[position] ?? 0) ^ value
    return bytes
  }

  test.each([
    ['a length', 3],
    ['the headers length', 7],
    ["the prelude's checksum", 9],
    ['a header', 20],
    ['the payload', frame.length - 10],
    ['the checksum', frame.length - 1],
  ])('are found by one changed bit in %s', (_, position) => {
    expect(() => new FrameReader().push(changed(position, 1))).toThrow(FrameError)
  })

  test('keep the correct frames before them', () => {
    const completed: Frame[] = []
    expect(() => new FrameReader().push(Buffer.concat([all, changed(20, 1)]), completed)).toThrow(FrameError)
    expect(completed).toHaveLength(recorded.length)
  })

  /** Makes a prelude with a correct checksum. */
  function prelude(length: number, headersLength: number): Buffer {
    const bytes = encodeFrame({}, Buffer.alloc(0))
    bytes.writeUInt32BE(length, 0)
    bytes.writeUInt32BE(headersLength, 4)
    const { crc32 } = jest.requireActual<typeof import('node:zlib')>('node:zlib')
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
    return bytes
  }

  test.each([
    [0, 0],
    [3, 0],
    [16, 1],
    [MAX_FRAME_BYTES + 1, 0],
    [2 ** 31 - 1, 0],
    [2 ** 32 - 1, 2 ** 32 - 1],
  ])('with a length of %i and headers of %i are refused at once', (length, headersLength) => {
    expect(() => new FrameReader().push(prelude(length, headersLength))).toThrow(FrameError)
  })

  test('are found at the end of a truncated frame', () => {
    const reader = new FrameReader()
    reader.push(frame.subarray(0, frame.length - 1))
    expect(reader.incompleteBytes).toBe(frame.length - 1)
  })

  test.each([
    ['no :message-type', { ':event-type': 'chunk' }],
    ['an unknown :message-type', { ':message-type': 'news' }],
    ['no name', { ':message-type': 'exception' }],
  ])('with %s are refused', (_, headers) => {
    const [read] = new FrameReader().push(encodeFrame(headers, Buffer.alloc(0)))
    expect(() => readEventHead(read?.headers ?? Buffer.alloc(0))).toThrow(FrameError)
  })

  test.each([[[5, 0x61]], [[1, 0x61, 7, 0, 9, 0x62]], [[1, 0x61, 77]]])('with the headers %j are refused', (bytes) => {
    expect(() => readEventHead(Buffer.from(bytes))).toThrow(FrameError)
  })
})

test('a large frame in many pieces is joined in linear time', () => {
  const payload = Buffer.alloc(8_000_000, 'x')
  const bytes = encodeFrame({ ':message-type': 'event', ':event-type': 'chunk' }, payload)
  const start = process.cpuUsage()
  const [frame] = readInPieces(bytes, 1000)
  expect(frame?.payload.length).toBe(payload.length)
  // 8,000 pieces. If they were joined at each one, 32 GB would be copied.
  expect(cpuMsSince(start)).toBeLessThan(2_000)
})
