import type { IncomingMessage } from 'node:http'
import { FrameError, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { describeFrame } from './frames.ts'
import type { RecordedEvent, RecordedFrame } from './recording.ts'
import type { SecretRemover } from './remove-secrets.ts'
import { createServerEventSplitter, isFailure } from './server-events.ts'

export interface CollectedStream {
  readonly events: readonly RecordedEvent[]
  readonly ending: 'clean' | 'reset'
  /** Chunks from the first failure on. A client may leave at it, so they are for sending after the recording is kept. */
  readonly held: readonly Buffer[]
}

/**
 * Reads a stream to its end, also when nobody listens, and describes its frames or events with their times. `forward` gets every
 * chunk at once and unchanged, up to an exception.
 */
export async function collectStream(
  body: IncomingMessage,
  { elapsed, secrets, isServerSent, forward }: CollectOptions,
): Promise<CollectedStream> {
  const events: RecordedEvent[] = []
  const held: Buffer[] = []
  const frames = isServerSent ? createServerEventSplitter(secrets) : createFrameSplitter(secrets)
  const add = (found: readonly RecordedFrame[]): void => {
    const atMs = elapsed()
    events.push(...found.map((frame) => ({ atMs, ...frame })))
  }
  try {
    for await (const chunk of body) {
      const found = frames.push(chunk)
      add(found)
      if (held.length > 0 || found.some(isFailure)) held.push(chunk)
      else forward(chunk)
    }
    add(frames.end())
    return { events, ending: 'clean', held }
  } catch {
    // The connection broke, as in `reset`.
    add(frames.end())
    return { events, ending: 'reset', held }
  }
}

export interface CollectOptions {
  readonly secrets: SecretRemover
  /** True for server-sent events, false for frames. */
  readonly isServerSent: boolean
  /** Milliseconds since the request. */
  elapsed(): number
  forward(chunk: Buffer): void
}

/** Splits bytes into frames. From the first bad frame on they are kept as bytes. */
function createFrameSplitter(secrets: SecretRemover) {
  const reader = new FrameReader()
  let rest: Buffer = Buffer.alloc(0)
  let isBroken = false
  const takeRest = (): RecordedFrame[] => {
    const bytes = secrets.removeFromBytes(rest).toString('base64')
    rest = Buffer.alloc(0)
    return bytes === '' ? [] : [{ bytes }]
  }
  return {
    push(chunk: Buffer): RecordedFrame[] {
      rest = Buffer.concat([rest, chunk])
      if (isBroken) return takeRest()
      const completed: ReturnType<FrameReader['push']> = []
      try {
        reader.push(chunk, completed)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        isBroken = true
      }
      const length = completed.reduce((sum, { bytes }) => sum + bytes.length, 0)
      const described = completed.map((frame) => describeFrame(frame, secrets))
      rest = rest.subarray(length)
      return isBroken ? [...described, ...takeRest()] : described
    },
    end: takeRest,
  }
}
