import { INVOCATION_METRICS } from '../../bedrock/read-usage.ts'
import { RestError } from '../../core/errors.ts'
import { readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { applyEdits, removeMembers } from '../../json/edit-json.ts'
import { parseObject, readJsonIfAny } from '../../json/json-document.ts'
import { readStreamError, toStreamError } from '../stream-errors.ts'
import { describeError } from './errors.ts'
import { nameModel } from './name-model.ts'

const MESSAGE_START = Buffer.from('"message_start"')
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const END_OF_EVENT = Buffer.from('\n\n')
const LINE_BREAKS = /[\r\n]/g

/** Common part of both formats of a Messages stream. A `ping` keeps the connection open, as in Anthropic's API. */
export const MESSAGES_STREAM = {
  contentType: 'text/event-stream; charset=utf-8',
  // nginx and similar proxies buffer answers without this header.
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  heartbeat: Buffer.from('event: ping\ndata: {"type": "ping"}\n\n'),
  encodeError: (type: string, message: string): Buffer => encodeError(toStreamError(type, message)),
} as const

/** Encodes the last event of a stream that failed. */
export function encodeError(error: RestError): Buffer {
  return Buffer.from(writeError(error))
}

export function writeError(error: RestError): string {
  return writeEvent('error', JSON.stringify(describeError(error)))
}

export function writeEvent(type: string, data: string): string {
  return `event: ${type}\ndata: ${data}\n\n`
}

/** Beginning of most events: `{"type":"content_block_delta",`. */
const TYPE_FIRST = /^\{"type":"(\w+)"/

/**
 * Creates the format of Claude's own stream: each chunk holds one event of the contract, whose bytes are copied. Bedrock's
 * metrics in the last event are left out, and the first event has the model as the caller named it. Nothing follows the last event, also if the connection breaks behind it.
 */
export function createNativeFormat(model: string): StreamFormat {
  let hasEnded = false
  function encodeFrame(frame: Frame): Buffer {
    if (hasEnded) return NOTHING
    try {
      const { type, bytes } = encodeChunk(frame, model)
      hasEnded = type === 'message_stop'
      return bytes
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      hasEnded = true
      return encodeError(error)
    }
  }
  return {
    ...MESSAGES_STREAM,
    encode: (frames) => Buffer.concat(frames.map(encodeFrame)),
    encodeError: (type, message) => (hasEnded ? NOTHING : MESSAGES_STREAM.encodeError(type, message)),
  }
}

const NOTHING = Buffer.alloc(0)

interface EncodedEvent {
  readonly type: string
  readonly bytes: Buffer
}

/** @throws RestError for an exception, and for a chunk without an event */
function encodeChunk(frame: Frame, model: string): EncodedEvent {
  const head = readEventHead(frame.headers)
  if (head.kind !== 'event') throw readStreamError(head, frame)
  const { bytes } = parseObject(frame.payload)
  const written = Buffer.from(typeof bytes === 'string' ? bytes : '', 'base64')
  const [, type] = TYPE_FIRST.exec(written.toString('latin1', 0, 64)) ?? []
  const event = written.includes(MESSAGE_START) ? nameModel(written, model) : written
  const isPlain = !event.includes(INVOCATION_METRICS) && !event.includes(LINE_FEED) && !event.includes(CARRIAGE_RETURN)
  if (type !== undefined && isPlain) {
    return { type, bytes: Buffer.concat([Buffer.from(`event: ${type}\ndata: `), event, END_OF_EVENT]) }
  }
  const document = readJsonIfAny(event, 'an event')
  const root = document?.root
  const name = root?.get('type')?.text
  if (!document || !root || name === undefined) {
    throw toStreamError('ModelStreamErrorException', "An event of the model's stream has no type.")
  }
  const kept = applyEdits(document.bytes, removeMembers(root, [INVOCATION_METRICS]))
  // A line break, which is only white space between tokens, would end the event.
  return { type: name, bytes: Buffer.from(writeEvent(name, kept.toString().replace(LINE_BREAKS, ' '))) }
}
