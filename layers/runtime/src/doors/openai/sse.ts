import { errorTypeOf, RestError, statusOfType } from '../../core/errors.ts'
import { type EventHead, readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { parseObject } from '../../json/json-document.ts'

/** What all of OpenAI's streams have in common: server-sent events, with a comment line during silence. */
export const SERVER_SENT_EVENTS: Pick<StreamFormat, 'contentType' | 'headers' | 'heartbeat'> = {
  contentType: 'text/event-stream; charset=utf-8',
  // nginx and similar proxies buffer answers without this header.
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  heartbeat: Buffer.from(': heartbeat\n\n'),
}

/** Creates the error of an exception in a stream, whose type has its status. */
export function toStreamError(type: string, message: string): RestError {
  return new RestError(type, statusOfType(type), message)
}

/** Reads a frame that is not an event of the model. */
export function readStreamError({ name, errorMessage }: EventHead, { payload }: Pick<Frame, 'payload'>): RestError {
  const { message } = parseObject(payload)
  return toStreamError(errorTypeOf(name), errorMessage ?? (typeof message === 'string' ? message : name))
}

export { readEventHead }
