import { errorTypeOf, RestError, statusOfType } from '../core/errors.ts'
import type { EventHead } from '../event-stream/frame-codec.ts'
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
export function parseEvent(payload: Buffer): PlainObject {
  try {
    return asObject(JSON.parse(payload.toString()))
  } catch {
    throw toStreamError('ModelStreamErrorException', "An event of the model's stream is not JSON.")
  }
}
