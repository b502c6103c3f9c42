import type { AnyRequest } from '../net/dual-protocol-server.ts'

/** The request's body is larger than the limit; the rest of it has been read. */
export class BodyTooLargeError extends Error {}

/** Beyond the limit this many times over, a client is cut off instead of being listened to. */
const DRAIN_FACTOR = 10

/**
 * The whole body. One over `limitBytes` rejects only after it has been read, without being kept: most clients send all
 * of it before they look at the answer.
 */
export async function readBody(request: AnyRequest, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= limitBytes) chunks.push(chunk)
    else chunks.length = 0
    if (bytes > limitBytes * DRAIN_FACTOR) break
  }
  if (bytes > limitBytes) throw new BodyTooLargeError(`body of ${bytes} bytes, the limit is ${limitBytes}`)
  return Buffer.concat(chunks, bytes)
}
