import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { FunctionError, responseTooLarge } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { STREAMED_RESPONSE_LIMIT_BYTES } from './limits.ts'

/**
 * What a function posts to the Runtime API, chunk by chunk. A slow reader pauses the function's socket. A reader that
 * goes away does not stop the function, as on Lambda: the rest is read and discarded.
 *
 * The error of a streaming handler comes as HTTP trailers. It ends a streamed answer with a FunctionError; in an answer that is
 * taken whole nobody reads it. A post that is merely cut leaves the stream open: its worker knows why and destroys it.
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
  // It may fail before its reader listens; the reader still finds the error.
  body.on('error', () => {})
  return body
}

function readErrorTrailers(post: IncomingMessage): FunctionError | undefined {
  const type = post.trailers['lambda-runtime-function-error-type']
  if (type === undefined) return undefined
  const encoded = post.trailers['lambda-runtime-function-error-body'] ?? ''
  return parseFunctionError(Buffer.from(encoded, 'base64'), type)
}

/** The error that a runtime reports as `{errorType, errorMessage, trace}`. */
export function parseFunctionError(json: Buffer, fallbackType = 'Unknown'): FunctionError {
  try {
    const { errorType, errorMessage, trace } = JSON.parse(json.toString()) as Record<string, unknown>
    const lines = Array.isArray(trace) ? trace.map(String) : []
    return new FunctionError(String(errorType ?? fallbackType), String(errorMessage ?? ''), lines)
  } catch {
    return new FunctionError(fallbackType, json.toString())
  }
}
