import { errorTypeOf, RestError, statusOfType } from '../core/errors.ts'
import { type EventHead, readEventHead } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'
import { asObject, type PlainObject, parseObject } from '../json/json-document.ts'

/** Creates the error of an exception in a stream, whose type has its status. */
export function toStreamError(type: string, message: string): RestError {
  return new RestError(type, statusOfType(type), message)
}

/** Reads a frame that is not an event of the model. */
export function readStreamError({ name, errorMessage }: EventHead, { payload }: Pick<Frame, 'payload'>): RestError {
  const { message } = parseObject(payload)
  return toStreamError(errorTypeOf(name), errorMessage ?? (typeof message === 'string' ? message : name))
}

/**
 * Parses the payload of an event. What clients get of it are strings, which stay the same, and no numbers.
 *
 * @throws RestError ModelStreamErrorException for a payload that is not JSON
 */
function parseEvent(payload: Buffer): PlainObject {
  try {
    return asObject(JSON.parse(payload.toString()))
  } catch {
    throw toStreamError('ModelStreamErrorException', "An event of the model's stream is not JSON.")
  }
}

/** Writer of a contract's events, for one stream of Converse. */
export interface EventWriter {
  /** Writes what an event of Converse means; empty where it means nothing. */
  writeEvent(name: string, event: PlainObject): string
  /** Ends a stream that failed. */
  fail(error: RestError): string
}

/** Writes one frame of Converse. An exception of the stream, or an event that cannot be written, ends it. */
export function writeFrame(frame: Frame, writer: EventWriter): string {
  try {
    const head = readEventHead(frame.headers)
    if (head.kind !== 'event') throw readStreamError(head, frame)
    return writer.writeEvent(head.name, parseEvent(frame.payload))
  } catch (error) {
    if (!(error instanceof RestError)) throw error
    return writer.fail(error)
  }
}
