import { type Frame, FrameError, FrameReader, readEventHead } from '@bedrock-functions/runtime/event-stream'
import { isJsonObject, type JsonValue } from '../shapes/json.ts'
import { readString } from '../shapes/read-json.ts'
import { decodeText, parseJson, restoreBody } from './bodies.ts'
import { restoreFrame } from './frames.ts'
import type { RecordedEvent, RecordedResponse } from './recording.ts'

/** Document of an answer. That of a stream has lists of payloads by event; chunks also by the type in the model's document. */
export function describeAnswer({ body, events }: RecordedResponse): JsonValue {
  if (events !== undefined) return describeEvents(events)
  const text = decodeText(restoreBody(body))
  return (text === undefined ? undefined : parseJson(text)) ?? text ?? ''
}

function describeEvents(events: readonly RecordedEvent[]): JsonValue {
  const found: Record<string, JsonValue[]> = {}
  for (const event of events) {
    if (!('data' in event)) continue
    const name = event.name ?? 'data'
    found[name] = [...(found[name] ?? []), event.data]
  }
  for (const { headers, payload } of readFrames(
    Buffer.concat(events.filter((event) => !('data' in event)).map(restoreFrame)),
  )) {
    const { kind, name } = readEventHead(headers)
    const document = parseJson(payload.toString()) ?? payload.toString()
    addEvent(found, kind === 'event' ? name : `${kind} ${name}`, document)
  }
  return found
}

/** Frames up to the first bad one. */
function readFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  try {
    new FrameReader().push(bytes, frames)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
  }
  return frames
}

function addEvent(found: Record<string, JsonValue[]>, event: string, document: JsonValue): void {
  const encoded = event === 'chunk' && isJsonObject(document) ? readString(document.bytes) : undefined
  const chunk = encoded === undefined ? undefined : parseJson(Buffer.from(encoded, 'base64').toString())
  const type = isJsonObject(chunk) ? readString(chunk.type) : undefined
  const name = type === undefined ? event : `${event}.${type}`
  found[name] = [...(found[name] ?? []), chunk ?? document]
}
