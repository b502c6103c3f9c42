import { setTimeout as wait } from 'node:timers/promises'
import { writeChunk } from '../../net/write-chunk.ts'
import { describeReply, type Outcome, setHead } from '../http/outcome.ts'
import type { RequestSummary } from '../http/request-summary.ts'
import { resetConnection } from '../http/reset-connection.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { restoreBody } from './bodies.ts'
import { cleanRequestBody } from './encoded-body.ts'
import { createRecordingFinder } from './find-recording.ts'
import type { Forwarding, ForwardingCall } from './forwarding.ts'
import { restoreFrame } from './frames.ts'
import { pickRequestHeaders, readErrorType } from './headers.ts'
import type { ReplayOptions } from './options.ts'
import type { RecordedEvent, RecordedResponse } from './recording.ts'
import { readRecordings } from './recording-files.ts'
import { createSecretRemover } from './remove-secrets.ts'

/**
 * Answers from recordings.
 *
 * @throws RecordingError for a directory or file that cannot be read
 */
export function createReplayer({ directory, isTimed = true }: ReplayOptions): Forwarding {
  const finder = createRecordingFinder(directory, readRecordings(directory))
  return {
    async answer({ operation, method, target, headers, body }) {
      const startedAt = performance.now()
      const secrets = createSecretRemover()
      const cleanedHeaders = Object.entries(pickRequestHeaders(headers)).map(([name, value]) => [
        name,
        secrets.removeFrom(value),
      ])
      const response = finder.find({
        method,
        path: secrets.removeFrom(target),
        headers: Object.fromEntries(cleanedHeaders),
        body: cleanRequestBody(operation, body, secrets),
      })
      return response.events === undefined
        ? describeWhole(response, operation)
        : describeStream(response, response.events, operation, isTimed ? startedAt : undefined)
    },
    async close() {},
  }
}

function describeWhole({ status, headers, body }: RecordedResponse, operation: ForwardingCall['operation']): Outcome {
  const errorType = readErrorType(headers)
  const reply = { statusCode: status, headers, body: restoreBody(body) }
  const outcome = describeReply(reply, { operation, ...omitUndefined({ errorType }) })
  return {
    ...outcome,
    send: (response, requestId, signal) => outcome.send(response, headers['x-amzn-requestid'] ?? requestId, signal),
  }
}

function describeStream(
  { status, headers, afterMs, ending }: RecordedResponse,
  events: readonly RecordedEvent[],
  operation: string,
  startedAt: number | undefined,
): Outcome {
  return {
    statusCode: status,
    details: { operation },
    async send(response, requestId, signal) {
      const sendAll = async (): Promise<Partial<RequestSummary>> => {
        await waitUntil(afterMs, startedAt, signal)
        setHead(response, status, headers, headers['x-amzn-requestid'] ?? requestId)
        if ('flushHeaders' in response) response.flushHeaders()
        for (const event of events) {
          await waitUntil(event.atMs, startedAt, signal)
          await writeChunk(response, restoreFrame(event), signal)
          signal.throwIfAborted()
        }
        if (ending === 'reset') await resetConnection(response)
        else response.end()
        return { ending: ending === 'reset' ? 'reset' : 'whole', events: events.length }
      }
      return sendAll().catch((error: unknown) => {
        if (signal.aborted) return { ending: 'abandoned' as const }
        throw error
      })
    },
  }
}

async function waitUntil(timeMs: number, startedAt: number | undefined, signal: AbortSignal): Promise<void> {
  const early = startedAt === undefined ? 0 : startedAt + timeMs - performance.now()
  if (early > 0) await wait(early, undefined, { signal })
}
