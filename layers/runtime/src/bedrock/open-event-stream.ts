import type { Readable } from 'node:stream'
import { BEDROCK_ERROR_STATUS, isBedrockErrorType } from '../errors/index.ts'
import { type Frame, FrameError, FrameSource, readEventHead } from '../event-stream/index.ts'
import type { FailedResponse } from './to-rest-error.ts'

/** A stream that has begun, or the failure that its first frame was. */
export type OpenedStream = { readonly source: FrameSource } | { readonly failed: FailedResponse }

/**
 * Waits for a stream's first frame. Until then nothing has been said to the caller, and a failure can still be what it is:
 * an exception as the first frame counts as an error response, with the status of its type.
 */
export async function openEventStream(body: Readable): Promise<OpenedStream> {
  const source = new FrameSource(body)
  try {
    const frames = await firstFrames(source)
    const failed = frames[0] === undefined ? BROKEN : readFailure(frames[0])
    if (failed) return abandon(source, failed)
    source.putBack(frames)
    return { source }
  } catch (error) {
    if (error instanceof FrameError)
      return abandon(source, { ...BROKEN, body: messageBody(`The stream broke: ${error.message}.`) })
    throw error
  }
}

const BROKEN: FailedResponse = {
  statusCode: BEDROCK_ERROR_STATUS.ModelStreamErrorException,
  headers: { 'x-amzn-errortype': 'ModelStreamErrorException' },
  body: messageBody('The stream ended before its first event.'),
}

function abandon(source: FrameSource, failed: FailedResponse): OpenedStream {
  source.destroy()
  return { failed }
}

async function firstFrames(source: FrameSource): Promise<Frame[]> {
  while (true) {
    const changed = new Promise<void>((resolve) => {
      source.onChange = resolve
    })
    const frames = source.take()
    if (frames === undefined) return []
    if (frames.length > 0) return frames
    await changed
  }
}

function readFailure(frame: Frame): FailedResponse | undefined {
  const { kind, name, errorMessage } = readEventHead(frame.headers)
  if (kind === 'event') return undefined
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  return {
    // A frame of the kind error is one that the service's model does not know: a fault inside.
    statusCode: isBedrockErrorType(type) ? BEDROCK_ERROR_STATUS[type] : 500,
    headers: { 'x-amzn-errortype': type },
    body: errorMessage === undefined ? frame.payload : messageBody(errorMessage),
  }
}

function messageBody(message: string): Uint8Array {
  return Buffer.from(JSON.stringify({ message }))
}
