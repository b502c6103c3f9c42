import type { AnyRequest } from '../../net/dual-protocol-server.ts'
import { bodyTooLarge, validationError } from '../messages.ts'

/** Source: the service model, InvokeModelRequest's body. */
export const MAX_BODY_BYTES = 25_000_000

/**
 * Reads the whole body. ValidationException when it is too large, after the rest has been read and dropped: otherwise a
 * client that is still sending would see a reset instead of the answer.
 */
export async function readBody(request: AnyRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length <= MAX_BODY_BYTES) chunks.push(chunk)
    else chunks.length = 0
  }
  if (length > MAX_BODY_BYTES) throw validationError(bodyTooLarge(MAX_BODY_BYTES))
  return Buffer.concat(chunks)
}
