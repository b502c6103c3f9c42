import type { Readable } from 'node:stream'
import { type BedrockErrorType, errorTypeOf, statusOfType } from '../core/errors.ts'
import { type Frame, FrameError } from '../event-stream/frame-reader.ts'
import { FrameSource } from '../event-stream/frame-source.ts'
import { readEventHead } from '../event-stream/read-event-head.ts'
import type { FailedResponse } from './to-rest-error.ts'

/** A stream that has begun, or the failure that its first frame was. */
export type OpenedStream = { readonly source: FrameSource } | { readonly failed: FailedResponse }

/**
 * Waits for a stream's first frame. Until then nothing has been said to the caller, and a failure can still be what it is:
 * an exception as the first frame counts as an error response, with the status of its type.
 *
 * @param silenceLimitMs longest time between Bedrock's status and its first event, in milliseconds
 */
export async function openEventStream(body: Readable, silenceLimitMs: number): Promise<OpenedStream> {
  const source = new FrameSource(body)
  const opened = await readFirstFrames(source, silenceLimitMs).catch((error: unknown) => {
    if (error instanceof FrameError)
      return failure('ModelStreamErrorException', `The model's stream broke: ${error.message}.`)
    throw error
  })
  if ('failed' in opened) source.destroy()
  return opened
}

async function readFirstFrames(source: FrameSource, silenceLimitMs: number): Promise<OpenedStream> {
  let silent = false
  let wake = () => {}
  const timer = setTimeout(() => {
    silent = true
    wake()
  }, silenceLimitMs)
  try {
    while (true) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
        source.onChange = resolve
      })
      const frames = source.take()
      if (frames === undefined) return failure('ModelStreamErrorException', 'The stream ended before its first event.')
      const [first] = frames
      if (first) {
        const failed = readFailure(first)
        if (failed) return { failed }
        source.putBack(frames)
        return { source }
      }
      if (silent) {
        return failure('ModelTimeoutException', `The model's stream was silent for ${silenceLimitMs} ms, the limit.`)
      }
      await changed
    }
  } finally {
    clearTimeout(timer)
  }
}

function failure(type: BedrockErrorType, message: string): OpenedStream {
  const failed = {
    statusCode: statusOfType(type),
    headers: { 'x-amzn-errortype': type },
    body: messageBody(message),
  }
  return { failed }
}

function readFailure(frame: Frame): FailedResponse | undefined {
  const { kind, name, errorMessage } = readEventHead(frame.headers)
  if (kind === 'event') return undefined
  const type = errorTypeOf(name)
  return {
    // A frame of the kind error is one that the service's model does not know: a fault inside.
    statusCode: statusOfType(type),
    headers: { 'x-amzn-errortype': type },
    body: errorMessage === undefined ? frame.payload : messageBody(errorMessage),
  }
}

function messageBody(message: string): Uint8Array {
  return Buffer.from(JSON.stringify({ message }))
}
