import { setTimeout as wait } from 'node:timers/promises'
import { BedrockError } from '@bedrock-functions/runtime/core'
import { encodeException } from '@bedrock-functions/runtime/event-stream'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'
import { exampleError } from '../directives/error-examples.ts'
import type { StreamFaults } from '../directives/parse-directives.ts'
import { emulatorFailure } from '../messages.ts'
import type { StreamAnswer } from '../operations/operation.ts'
import { createEventEncoder, spoilChecksum } from './encode-stream-event.ts'
import { FrameWriter } from './frame-writer.ts'
import { resetConnection } from './reset-connection.ts'

/** `whole`: up to the model's own end. `cut`: a clean end before that, as a directive asked for. */
export type StreamEnding = 'whole' | 'exception' | 'reset' | 'cut' | 'abandoned'

export interface StreamOutcome {
  readonly ending: StreamEnding
  /** How many were sent; an exception is none. */
  readonly events: number
  /** Of the exception that ended it. */
  readonly errorType?: string
  /** What went wrong inside the emulator itself. */
  readonly failure?: unknown
}

export interface StreamTarget {
  /** Its status and headers are set. */
  readonly response: AnyResponse
  /** The model that is called. */
  readonly resource: string
  /** Aborts when the client goes away, which ends the stream and what makes it. */
  readonly signal: AbortSignal
}

/** Sends a stream in frames, with the faults that its directives ask for, and ends the response. Never rejects. */
export async function sendStream(answer: StreamAnswer, target: StreamTarget): Promise<StreamOutcome> {
  const { response, signal } = target
  // A client reads the status before there is anything to read, as with a slow model.
  if ('flushHeaders' in response) response.flushHeaders()
  const writer = new FrameWriter(response, { isPaced: answer.isPaced, signal })
  const outcome = await sendEvents(answer, target, writer)
  if (outcome.ending === 'reset') await resetConnection(response)
  else response.end()
  return outcome
}

async function sendEvents(answer: StreamAnswer, target: StreamTarget, writer: FrameWriter): Promise<StreamOutcome> {
  const { faults } = answer
  const encode = createEventEncoder(answer.seed)
  let events = 0
  try {
    let ending = await meetFaults(faults, (after) => after === 0, target, writer)
    if (ending) return { ending, events }
    for await (const event of answer.events) {
      const frame = encode(event)
      if (faults.badcrc?.after === events) spoilChecksum(frame)
      const taken = writer.write(frame)
      if (taken) await taken
      target.signal.throwIfAborted()
      events += 1
      ending = await meetFaults(faults, (after) => after === events, target, writer)
      if (ending) return { ending, events }
    }
    ending = await meetFaults(faults, (after) => after > events, target, writer)
    await writer.flush()
    return { ending: ending ?? 'whole', events }
  } catch (error) {
    if (target.signal.aborted) return { ending: 'abandoned', events }
    return { ending: 'exception', events, ...(await sendException(error, writer)) }
  }
}

/** Does what is due, the silence first. Gives the stream's ending where that was one; throws a due exception. */
async function meetFaults(
  { silence, exception, reset, end }: StreamFaults,
  isDue: (after: number) => boolean,
  { resource, signal }: StreamTarget,
  writer: FrameWriter,
): Promise<StreamEnding | undefined> {
  const due = (fault: { readonly after: number } | undefined): boolean => fault !== undefined && isDue(fault.after)
  if (!due(silence) && !due(exception) && !due(reset) && !due(end)) return undefined
  // What comes before a fault has reached the socket when it strikes.
  await writer.flush()
  if (silence && due(silence)) await wait(silence.milliseconds, undefined, { signal })
  if (exception && due(exception)) throw exampleError(exception.type, resource)
  if (due(reset)) return 'reset'
  return due(end) ? 'cut' : undefined
}

async function sendException(
  error: unknown,
  writer: FrameWriter,
): Promise<Pick<StreamOutcome, 'errorType' | 'failure'>> {
  const known = error instanceof BedrockError ? error : emulatorFailure()
  writer.write(encodeException(known.name, known.toDocument()))
  await writer.flush()
  return { errorType: known.name, ...(known !== error && { failure: error }) }
}
