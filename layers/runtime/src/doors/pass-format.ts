import { isLastDoorEvent } from '../bedrock/follow-door.ts'
import type { RestError } from '../core/errors.ts'
import type { Frame } from '../event-stream/frames.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'
import { toStreamError } from './stream-errors.ts'

/**
 * Creates the format of a stream of Bedrock's own door: its events are forwarded as they came. Nothing follows the last event,
 * also if the connection breaks behind it.
 *
 * @param parts media type, headers and heartbeat of the contract
 * @param encodeError encodes the last event of a stream that failed
 */
export function createPassFormat(
  parts: Pick<StreamFormat, 'contentType' | 'headers' | 'heartbeat'>,
  encodeError: (error: RestError) => Buffer,
): StreamFormat {
  let hasEnded = false
  function encodeFrame(frame: Frame): Buffer {
    if (hasEnded) return NOTHING
    hasEnded = isLastDoorEvent(frame)
    return frame.bytes
  }
  return {
    ...parts,
    encode: (frames) => Buffer.concat(frames.map(encodeFrame)),
    encodeError: (type, message) => (hasEnded ? NOTHING : encodeError(toStreamError(type, message))),
  }
}

const NOTHING = Buffer.alloc(0)
