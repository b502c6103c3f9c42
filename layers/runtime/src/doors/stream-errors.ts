import { errorTypeOf, RestError, statusOfType } from '../core/errors.ts'
import type { EventHead } from '../event-stream/frame-codec.ts'
import type { Frame } from '../event-stream/frames.ts'
import { parseObject } from '../json/json-document.ts'

/** Creates the error of an exception in a stream, whose type has its status. */
export function toStreamError(type: string, message: string): RestError {
  return new RestError(type, statusOfType(type), message)
}

/** Reads a frame that is not an event of the model. */
export function readStreamError({ name, errorMessage }: EventHead, { payload }: Pick<Frame, 'payload'>): RestError {
  const { message } = parseObject(payload)
  return toStreamError(errorTypeOf(name), errorMessage ?? (typeof message === 'string' ? message : name))
}
