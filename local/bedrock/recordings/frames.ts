import {
  type EventHead,
  encodeEvent,
  encodeException,
  type Frame,
  readEventHead,
  withPayload,
} from '@bedrock-functions/runtime/event-stream'
import { isJsonObject, type JsonObject } from '../shapes/json.ts'
import { readString } from '../shapes/read-json.ts'
import { decodeText, parseJson } from './bodies.ts'
import type { RecordedFrame } from './recording.ts'
import type { SecretRemover } from './remove-secrets.ts'
import { restoreServerEvent } from './server-events.ts'

/** Describes a frame without its secrets, in a readable form if that restores the same bytes. */
export function describeFrame(frame: Frame, secrets: SecretRemover): RecordedFrame {
  const { bytes, headers, payload } = withPayload(frame, cleanPayload(frame.payload, secrets))
  const exact = readableForms(headers, payload).find((form) => restoreFrame(form).equals(bytes))
  return exact ?? { bytes: bytes.toString('base64') }
}

function readableForms(headers: Buffer, payload: Buffer): RecordedFrame[] {
  const head = readHead(headers)
  const document = parseObject(payload)
  if (document === undefined || head === undefined || head.kind === 'error') return []
  const { kind, name } = head
  if (kind === 'exception') return [{ exception: name, payload: document }]
  const chunk = name === 'chunk' ? decodeChunk(document) : undefined
  return [...(chunk === undefined ? [] : [chunk]), { event: name, payload: document }]
}

function readHead(headers: Buffer): EventHead | undefined {
  try {
    return readEventHead(headers)
  } catch {
    // Headers of another specification: the frame is kept as bytes.
    return undefined
  }
}

export function restoreFrame(frame: RecordedFrame): Buffer {
  if ('data' in frame) return restoreServerEvent(frame)
  if ('bytes' in frame) return Buffer.from(frame.bytes, 'base64')
  if ('chunk' in frame) {
    const bytes = Buffer.from(JSON.stringify(frame.chunk)).toString('base64')
    return encodeEvent('chunk', JSON.stringify({ bytes, ...(frame.p !== undefined && { p: frame.p }) }))
  }
  return 'event' in frame
    ? encodeEvent(frame.event, JSON.stringify(frame.payload))
    : encodeException(frame.exception, frame.payload)
}

/** Removes secrets from a payload, or from the model's document that an event `chunk` has in base64. */
function cleanPayload(payload: Buffer, secrets: SecretRemover): Buffer {
  const encoded = readString(parseObject(payload)?.bytes)
  return encoded === undefined ? secrets.removeFromBytes(payload) : secrets.removeFromEncoded(payload, encoded)
}

function decodeChunk({ bytes, p }: JsonObject): RecordedFrame | undefined {
  const text = typeof bytes === 'string' ? decodeText(Buffer.from(bytes, 'base64')) : undefined
  const chunk = text === undefined ? undefined : parseJson(text)
  return chunk === undefined ? undefined : { chunk, ...(typeof p === 'string' && { p }) }
}

function parseObject(payload: Buffer): JsonObject | undefined {
  const text = decodeText(payload)
  const document = text === undefined ? undefined : parseJson(text)
  return isJsonObject(document) ? document : undefined
}
