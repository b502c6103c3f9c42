import { crc32 } from 'node:zlib'
import { CHECKSUM_BYTES, type Frame, FrameError, PRELUDE_BYTES } from './frames.ts'

const STRING_TYPE = 7

/** Encodes a frame with string headers in the given order. A name has at most 255 bytes, a value at most 65,535. */
export function encodeFrame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  return joinFrame(Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value))), payload)
}

/** Returns the frame with the same header bytes and another payload. */
export function withPayload({ headers }: Frame, payload: Buffer): Frame {
  return { bytes: joinFrame(headers, payload), headers, payload }
}

function joinFrame(encodedHeaders: Buffer, payload: Uint8Array): Buffer {
  const length = PRELUDE_BYTES + encodedHeaders.length + payload.length + CHECKSUM_BYTES
  const frame = Buffer.allocUnsafe(length)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(encodedHeaders.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  frame.set(encodedHeaders, PRELUDE_BYTES)
  frame.set(payload, PRELUDE_BYTES + encodedHeaders.length)
  const end = length - CHECKSUM_BYTES
  frame.writeUInt32BE(crc32(frame.subarray(0, end)), end)
  return frame
}

function encodeHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name)
  const valueBytes = Buffer.from(value)
  const header = Buffer.allocUnsafe(1 + nameBytes.length + 3 + valueBytes.length)
  let position = header.writeUInt8(nameBytes.length, 0)
  header.set(nameBytes, position)
  position = header.writeUInt8(STRING_TYPE, position + nameBytes.length)
  position = header.writeUInt16BE(valueBytes.length, position)
  header.set(valueBytes, position)
  return header
}

/** Encodes an event as Bedrock sends it. `payload` is its JSON document. */
export function encodeEvent(name: string, payload: Uint8Array | string): Buffer {
  return encodeFrame(
    { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' },
    Buffer.from(payload),
  )
}

/**
 * Encodes an exception of the service model as Bedrock sends it. In a stream its name begins with a small letter, since it is
 * a member of the stream's union: `modelStreamErrorException`.
 */
export function encodeException(type: string, document: Readonly<Record<string, unknown>>): Buffer {
  return encodeFrame(
    { ':exception-type': toMemberName(type), ':content-type': 'application/json', ':message-type': 'exception' },
    Buffer.from(JSON.stringify(document)),
  )
}

export function toMemberName(type: string): string {
  return type.charAt(0).toLowerCase() + type.slice(1)
}

/** Kind and name of a frame, from its headers. */
export interface EventHead {
  readonly kind: 'event' | 'exception' | 'error'
  /** Name of the event (`contentBlockDelta`) or of the exception (`throttlingException`), or code of the error. */
  readonly name: string
  /** `:error-message` of an error frame, which has no payload. */
  readonly errorMessage?: string
}

/** Length of header values in bytes, by the type's number in the specification. Types with a length prefix are absent. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const LENGTH_PREFIXED_TYPES = new Set([6, STRING_TYPE])

const NAME_HEADERS = { event: ':event-type', exception: ':exception-type', error: ':error-code' } as const

/** Parsed heads by their bytes: a stream has thousands of frames, but few different heads. */
const knownHeads = new Map<string, EventHead>()
const MAX_KNOWN_HEADS = 64

/**
 * Reads the kind and name of a frame.
 *
 * @throws FrameError for headers that are malformed or incomplete
 */
export function readEventHead(headers: Buffer): EventHead {
  const key = headers.toString('latin1')
  let head = knownHeads.get(key)
  if (!head) {
    head = toEventHead(readHeaders(headers))
    if (knownHeads.size < MAX_KNOWN_HEADS) knownHeads.set(key, head)
  }
  return head
}

function toEventHead(headers: ReadonlyMap<string, FrameHeader>): EventHead {
  const readString = (name: string): string | undefined => {
    const header = headers.get(name)
    return header?.type === STRING_TYPE ? header.value.toString() : undefined
  }
  const kind = readString(':message-type')
  if (kind !== 'event' && kind !== 'exception' && kind !== 'error') {
    throw new FrameError(`a frame's :message-type is ${kind ?? 'missing'}`)
  }
  const name = readString(NAME_HEADERS[kind])
  if (name === undefined) throw new FrameError(`a frame of the kind ${kind} has no ${NAME_HEADERS[kind]}`)
  const errorMessage = readString(':error-message')
  return { kind, name, ...(errorMessage !== undefined && { errorMessage }) }
}

/** A header of a frame. */
export interface FrameHeader {
  /** Number of the type in the specification: 6 is bytes, 7 a string, 8 a timestamp. */
  readonly type: number
  /** Bytes of the value, as a view into the frame. */
  readonly value: Buffer
}

/**
 * Reads the headers of a frame by name.
 *
 * @throws FrameError for headers that are malformed or incomplete
 */
export function readHeaders(headers: Buffer): Map<string, FrameHeader> {
  const values = new Map<string, FrameHeader>()
  let position = 0
  const take = (length: number): Buffer => {
    if (position + length > headers.length) throw new FrameError("a frame's headers end inside one of them")
    position += length
    return headers.subarray(position - length, position)
  }
  while (position < headers.length) {
    const name = take(take(1).readUInt8()).toString()
    const type = take(1).readUInt8()
    const length = LENGTH_PREFIXED_TYPES.has(type) ? take(2).readUInt16BE() : VALUE_BYTES[type]
    if (length === undefined) throw new FrameError(`a frame's header ${name} has the unknown type ${type}`)
    values.set(name, { type, value: take(length) })
  }
  return values
}
