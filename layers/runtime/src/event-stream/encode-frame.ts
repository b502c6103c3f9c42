import { crc32 } from 'node:zlib'
import { CHECKSUM_BYTES, type Frame, PRELUDE_BYTES } from './frame-reader.ts'

const STRING_TYPE = 7

/** A frame with string headers, in the order given; a header's name is at most 255 bytes, its value 65,535. */
export function encodeFrame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  return joinFrame(Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value))), payload)
}

/** The frame with the same headers, byte for byte, and another payload. */
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

/** An event as Bedrock sends it. `payload` is its JSON document. */
export function encodeEvent(name: string, payload: Uint8Array | string): Buffer {
  return encodeFrame(
    { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' },
    Buffer.from(payload),
  )
}

/**
 * A modelled exception as Bedrock sends it. Inside a stream its name begins with a small letter, since it is a member of
 * the stream's union: `modelStreamErrorException`.
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
