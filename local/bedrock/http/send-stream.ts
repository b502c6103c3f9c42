import { setTimeout as wait } from 'node:timers/promises'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'
import { exampleError } from '../directives/error-examples.ts'
import type { StreamFaults } from '../directives/parse-directives.ts'
import { emulatorFailure } from '../messages.ts'
import type { StreamAnswer, StreamFormat } from '../operations/operation.ts'
import { invertChecksum } from './frame-format.ts'
import { FrameWriter } from './frame-writer.ts'
import type { StreamEnding } from './request-summary.ts'
import { resetConnection } from './reset-connection.ts'

export interface StreamOutcome {
  readonly ending: StreamEnding
  /** Events sent, without exceptions. */
  readonly events: number
  /** Type of the exception that ended the stream. */
  readonly errorType?: string
  /** Error inside the emulator itself. */
  readonly failure?: unknown
}

export interface StreamTarget {
  /** Response with status and headers set. */
  readonly response: AnyResponse
  /** Called model. */
  readonly resource: string
  /** Aborted when the client disconnects; ends the stream and its source. */
  readonly signal: AbortSignal
}

/** Sends a stream in its format with the faults of its directives, then ends the response. Never rejects. */
export async function sendStream(answer: StreamAnswer, target: StreamTarget): Promise<StreamOutcome> {
  const { response, signal } = target
  // Send the status before the first event, as with a slow model.
  if ('flushHeaders' in response) response.flushHeaders()
  const writer = new FrameWriter(response, { isPaced: answer.isPaced, signal })
  const outcome = await sendEvents(answer, target, writer)
  if (outcome.ending === 'reset') await resetConnection(response)
  else response.end()
  return outcome
}

async function sendEvents(answer: StreamAnswer, target: StreamTarget, writer: FrameWriter): Promise<StreamOutcome> {
  let { faults } = answer
  const { format } = answer
  let events = 0
  try {
    let ending = await applyFaults(faults, (after) => after === 0, target, writer)
    if (ending) return { ending, events }
    for await (const event of answer.events) {
      if (answer.faults !== faults) {
        // Those that came with this event may be for its place.
        faults = answer.faults
        ending = await applyFaults(faults, (after) => after === events, target, writer)
        if (ending) return { ending, events }
      }
      const frame = format.encode(event)
      if (faults.badcrc?.after === events) invertChecksum(frame)
      const taken = writer.write(frame)
      if (taken) await taken
      target.signal.throwIfAborted()
      events += 1
      ending = await applyFaults(faults, (after) => after === events, target, writer)
      if (ending) return { ending, events }
    }
    ending = await applyFaults(answer.faults, (after) => after > events, target, writer)
    if (!ending && format.end) writer.write(format.end)
    await writer.flush()
    return { ending: ending ?? 'whole', events }
  } catch (error) {
    if (target.signal.aborted) return { ending: 'abandoned', events }
    return { ending: 'exception', events, ...(await sendException(error, format, writer)) }
  }
}

/** Applies the due faults, silence first. Returns the stream's ending, if any; throws a due exception. */
async function applyFaults(
  { silence, exception, reset, end }: StreamFaults,
  isDue: (after: number) => boolean,
  { resource, signal }: StreamTarget,
  writer: FrameWriter,
): Promise<StreamEnding | undefined> {
  const due = (fault: { readonly after: number } | undefined): boolean => fault !== undefined && isDue(fault.after)
  if (!due(silence) && !due(exception) && !due(reset) && !due(end)) return undefined
  // Everything before the fault must have reached the socket.
  await writer.flush()
  if (silence && due(silence)) await wait(silence.durationMs, undefined, { signal })
  if (exception && due(exception)) throw exampleError(exception.type, resource)
  if (due(reset)) return 'reset'
  return due(end) ? 'cut' : undefined
}

async function sendException(
  error: unknown,
  format: StreamFormat,
  writer: FrameWriter,
): Promise<Pick<StreamOutcome, 'errorType' | 'failure'>> {
  const known = error instanceof BedrockError ? error : emulatorFailure()
  writer.write(format.encodeError(known))
  await writer.flush()
  return { errorType: known.name, ...(known !== error && { failure: error }) }
}
