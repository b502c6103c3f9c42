import type { RestError } from '../core/errors.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'
import { toStreamError } from './stream-errors.ts'

/**
 * Creates the format of a stream of Bedrock's own door: its events are forwarded as they came.
 *
 * @param parts media type, headers and heartbeat of the contract
 * @param encodeError encodes the last event of a stream that failed
 */
export function createPassFormat(
  parts: Pick<StreamFormat, 'contentType' | 'headers' | 'heartbeat'>,
  encodeError: (error: RestError) => Buffer,
): StreamFormat {
  return {
    ...parts,
    encode: (frames) => Buffer.concat(frames.map(({ bytes }) => bytes)),
    encodeError: (type, message) => encodeError(toStreamError(type, message)),
  }
}
