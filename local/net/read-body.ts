import { Http2ServerResponse } from 'node:http2'
import type { AnyRequest, AnyResponse } from './dual-protocol-server.ts'

/** Error of a request body above the limit. */
export class BodyTooLargeError extends Error {}

/** Error of a request body that did not come in time. */
export class BodyTooSlowError extends Error {}

/** Error of a client that disconnected in the middle of its body. */
export class BodyAbortedError extends Error {}

/** Time limits of a body. */
export interface BodyTime {
  /** Longest time without a byte. */
  readonly silenceMs?: number
  /** Longest time in all. */
  readonly totalMs?: number
}

export interface BodyLimits extends BodyTime {
  readonly maxBytes: number
}

const DEFAULT_SILENCE_MS = 30_000
const DEFAULT_TOTAL_MS = 5 * 60_000

/** Most bytes that are read and dropped after an early answer, and the longest time. Then the connection ends. */
const MAX_DISCARDED_BYTES = 100 * 1024 * 1024
const MAX_DISCARD_MS = 30_000

/** A client that sends nothing for so long may be waiting for its answer; it is not kept waiting longer than the second. */
const PAUSE_MS = 50
const MAX_PATIENCE_MS = 2_000

const EXPECTS_CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i

/**
 * The whole body. Rejects with a BodyTooLargeError as soon as the size is known, announced or received, with a
 * BodyTooSlowError and with a BodyAbortedError. The server must be one that `continuesByItself`.
 */
export function readBody(
  request: AnyRequest,
  response: AnyResponse,
  { maxBytes, silenceMs = DEFAULT_SILENCE_MS, totalMs = DEFAULT_TOTAL_MS }: BodyLimits,
): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.reject(tooLarge(announced, maxBytes))
  if (request.httpVersion !== '1.0' && EXPECTS_CONTINUE.test(request.headers.expect ?? '')) response.writeContinue()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const total = setTimeout(() => fail(tooSlow(totalMs, 'in all')), totalMs)
    const silence = setTimeout(() => fail(tooSlow(silenceMs, 'without a byte')), silenceMs)
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      silence.refresh()
      if (bytes > maxBytes) fail(tooLarge(bytes, maxBytes))
    }
    const settle = () => {
      clearTimeout(total)
      clearTimeout(silence)
      request.off('data', take)
      request.off('end', end)
      request.off('close', abort)
    }
    const end = () => {
      settle()
      resolve(Buffer.concat(chunks, bytes))
    }
    const fail = (error: Error) => {
      settle()
      request.pause()
      reject(error)
    }
    const abort = () => fail(new BodyAbortedError('the client went away in the middle of its request'))
    // 'close' follows each error and is handled below.
    request.on('error', () => {})
    request.on('data', take)
    request.on('end', end)
    request.on('close', abort)
    if (request.destroyed && !request.readableEnded) abort()
  })
}

/**
 * Drops what is left of a body before and after an answer that does not need it, since most clients send all of theirs
 * before they look at the answer. Resolves when the answer may be sent: with HTTP/1.1 at once; with HTTP/2 when the client
 * pauses, because Node's own client fails on an answer while it has more than 10 MB to send. A client that goes on for too
 * long loses its connection, with HTTP/2 its stream.
 */
export async function discardBody(request: AnyRequest, response: AnyResponse): Promise<void> {
  if (request.complete) return
  const isHttp2 = response instanceof Http2ServerResponse
  const carrier = isHttp2 ? response.stream : request.socket
  const end = () => (isHttp2 ? response.stream.close() : request.socket.destroy())
  const limit = setTimeout(end, MAX_DISCARD_MS)
  const paused = Promise.withResolvers<void>()
  const pause = setTimeout(paused.resolve, PAUSE_MS)
  const patience = setTimeout(paused.resolve, MAX_PATIENCE_MS)
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    pause.refresh()
    if (bytes > MAX_DISCARDED_BYTES) end()
  })
  const settle = () => {
    for (const timer of [limit, pause, patience]) clearTimeout(timer)
    carrier.off('close', settle)
    paused.resolve()
  }
  request.once('end', settle)
  carrier.once('close', settle)
  request.resume()
  if (isHttp2) await paused.promise
}

function tooLarge(bytes: number, maxBytes: number): BodyTooLargeError {
  return new BodyTooLargeError(`body of ${bytes} bytes, the limit is ${maxBytes}`)
}

function tooSlow(limitMs: number, what: string): BodyTooSlowError {
  return new BodyTooSlowError(`the request body did not come within ${limitMs / 1000} s ${what}`)
}
