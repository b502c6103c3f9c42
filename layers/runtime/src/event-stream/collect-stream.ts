import '../core/index.ts'
import { BedrockError, errorTypeOf, RestError, statusOfType } from '../core/errors.ts'
import { parseObject } from '../json/json-document.ts'
import { collectConverse } from './collect-converse.ts'
import { readEventHead } from './frame-codec.ts'
import type { Frame, FrameSource } from './frames.ts'

/**
 * Reads a ConverseStream to its end.
 *
 * @param observer gets each frame
 * @returns JSON text of the ConverseResponse
 * @throws RestError for an exception in the stream; BedrockError ModelStreamErrorException for a stream that breaks or is
 *   incomplete; the signal's reason
 */
export async function collectStream(
  source: FrameSource,
  signal: AbortSignal,
  observer?: { observe(frame: Frame): unknown },
): Promise<string> {
  const collector = collectConverse()
  let wake = () => {}
  const onAbort = () => wake()
  source.onChange = () => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (true) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      signal.throwIfAborted()
      const frames = source.take()
      if (frames === undefined) break
      if (frames.length === 0) await changed
      for (const frame of frames) {
        observer?.observe(frame)
        const { headers, payload } = frame
        const { kind, name, errorMessage } = readEventHead(headers)
        if (kind !== 'event') throw streamFailure(name, errorMessage ?? readMessage(payload))
        collector.add(name, payload)
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof RestError) throw error
    throw new BedrockError('ModelStreamErrorException', "The model's stream broke before its end.", { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
    source.onChange = () => {}
    source.destroy()
  }
  if (collector.isComplete) return collector.answer
  throw new BedrockError('ModelStreamErrorException', "The model's stream ended before its last event.")
}

function streamFailure(name: string, message: string): RestError {
  const type = errorTypeOf(name)
  return new RestError(type, statusOfType(type), message)
}

function readMessage(payload: Buffer): string {
  const { message, Message } = parseObject(payload)
  return String(message ?? Message ?? '')
}
