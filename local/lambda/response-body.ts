import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { FunctionError, responseTooLarge } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { STREAMED_RESPONSE_LIMIT_BYTES } from './limits.ts'

/**
 * Stream of a function's post to the Runtime API. A slow reader pauses the function's socket. When the reader goes away,
 * the function is not stopped, as on Lambda: the rest is read and discarded.
 *
 * A streaming handler reports an error after its first byte by HTTP trailers. They end a streamed answer with a
 * FunctionError; in an answer that is taken whole they are not read. A post that was cut off leaves the stream open,
 * because the worker knows the reason and destroys it.
 */
export function createResponseBody(post: IncomingMessage, { isStreamed }: Pick<Invocation, 'isStreamed'>): Readable {
  let receivedBytes = 0
  const body = new Readable({
    read: () => post.resume(),
    destroy(error, callback) {
      post.resume()
      callback(error)
    },
  })
  post.on('data', (chunk: Buffer) => {
    if (body.destroyed) return
    receivedBytes += chunk.length
    if (receivedBytes > STREAMED_RESPONSE_LIMIT_BYTES) body.destroy(responseTooLarge())
    else if (!body.push(chunk)) post.pause()
  })
  post.on('end', () => {
    const error = isStreamed ? readErrorTrailers(post) : undefined
    if (error) body.destroy(error)
    else body.push(null)
  })
  post.pause()
  // The stream may fail before the reader listens; the reader still gets the error.
  body.on('error', () => {})
  return body
}

function readErrorTrailers(post: IncomingMessage): FunctionError | undefined {
  const type = post.trailers['lambda-runtime-function-error-type']
  if (type === undefined) return undefined
  const encoded = post.trailers['lambda-runtime-function-error-body'] ?? ''
  return parseFunctionError(Buffer.from(encoded, 'base64'), type)
}

/** Parses a runtime's error, `{errorType, errorMessage, trace}`. */
export function parseFunctionError(json: Buffer, fallbackType = 'Unknown'): FunctionError {
  try {
    const { errorType, errorMessage, trace } = JSON.parse(json.toString()) as Record<string, unknown>
    const lines = Array.isArray(trace) ? trace.map(String) : []
    return new FunctionError(String(errorType ?? fallbackType), String(errorMessage ?? ''), lines)
  } catch {
    return new FunctionError(fallbackType, json.toString())
  }
}
