import type { IncomingMessage } from 'node:http'
import { BedrockError } from '@bedrock-functions/runtime/core'
import { describeReply, type Outcome, setHead } from '../http/outcome.ts'
import { resetConnection } from '../http/reset-connection.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { describeBody } from './bodies.ts'
import { collectStream } from './collect-stream.ts'
import { cleanRequestBody } from './encoded-body.ts'
import type { Forwarding, ForwardingCall } from './forwarding.ts'
import { isServerSent, isStream, pickAnswerHeaders, pickRequestHeaders, readErrorType } from './headers.ts'
import type { RecordOptions } from './options.ts'
import { createRealBedrock, type ForwardedAnswer } from './real-bedrock.ts'
import type { RecordedRequest, RecordedResponse } from './recording.ts'
import { createRecordingWriter } from './recording-files.ts'
import { createSecretRemover, type SecretRemover } from './remove-secrets.ts'

/** Forwards requests to the real Bedrock and keeps them and their answers as files. */
export function createRecorder({ directory, bedrock: access = {} }: RecordOptions): Forwarding {
  const writer = createRecordingWriter(directory)
  const bedrock = createRealBedrock(access)
  const secrets = createSecretRemover()
  const writes = new Set<Promise<void>>()
  let isClosed = false
  return {
    async answer(call) {
      bedrock.requireOther(call.headers)
      const save = writer.reserve(call.operation, secrets.removeFrom(call.resource))
      const startedAt = performance.now()
      const elapsed = (): number => Math.round(performance.now() - startedAt)
      const headers = pickRequestHeaders(call.headers)
      // A stream may repeat an account number of the request where its surroundings are in another event.
      secrets.learnFrom(call.body)
      const answer = await bedrock.send({ ...call, headers })
      const afterMs = elapsed()
      const keep: Keeping['keep'] = async (rest) => {
        // A stream that this emulator itself has ended is not Bedrock's answer.
        if (isClosed) return
        const written = save({
          recordedAt: new Date().toISOString(),
          operation: call.operation,
          request: describeRequest(call, headers, secrets),
          response: {
            status: answer.status,
            headers: cleanHeaders(pickAnswerHeaders(answer.headers), secrets),
            afterMs,
            ...rest,
          },
        })
        writes.add(written)
        await written.finally(() => writes.delete(written))
      }
      return isStream(answer.headers)
        ? describeStream(answer, call, { secrets, elapsed, keep })
        : describeWhole(answer, call, { secrets, elapsed, keep })
    },
    async close() {
      isClosed = true
      bedrock.close()
      await Promise.allSettled(writes)
    },
  }
}

function describeRequest(
  { operation, method, target, body }: ForwardingCall,
  headers: Readonly<Record<string, string>>,
  secrets: SecretRemover,
): RecordedRequest {
  return {
    method,
    path: secrets.removeFrom(target),
    headers: cleanHeaders(headers, secrets),
    ...(body.length > 0 && { body: describeBody(cleanRequestBody(operation, body, secrets)) }),
  }
}

function cleanHeaders(headers: Readonly<Record<string, string>>, secrets: SecretRemover): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secrets.removeFrom(value)]))
}

interface Keeping {
  readonly secrets: SecretRemover
  elapsed(): number
  /** Writes the recording. */
  keep(rest: Pick<RecordedResponse, 'body' | 'events' | 'ending'>): Promise<void>
}

async function describeWhole(
  { status, headers, body }: ForwardedAnswer,
  { operation }: ForwardingCall,
  { secrets, keep }: Keeping,
): Promise<Outcome> {
  const bytes = await readWhole(body)
  await keep({ body: describeBody(secrets.removeFromBytes(bytes)) })
  const errorType = readErrorType(headers)
  const reply = { statusCode: status, headers: pickAnswerHeaders(headers), body: bytes }
  const outcome = describeReply(reply, { operation, ...omitUndefined({ errorType }) })
  return {
    ...outcome,
    send: (response, requestId, signal) => outcome.send(response, headers['x-amzn-requestid'] ?? requestId, signal),
  }
}

async function readWhole(body: IncomingMessage): Promise<Buffer> {
  try {
    return Buffer.concat(await body.toArray())
  } catch (cause) {
    throw new BedrockError('ServiceUnavailableException', 'The connection to Bedrock broke inside its answer.', {
      cause,
    })
  }
}

/** Starts to read the stream at once, so that the recording is whole even if the client is gone. */
function describeStream(
  { status, headers, body }: ForwardedAnswer,
  { operation }: ForwardingCall,
  { secrets, elapsed, keep }: Keeping,
): Outcome {
  const early: Buffer[] = []
  let forward = (chunk: Buffer): void => void early.push(chunk)
  const kept = collectStream(body, {
    secrets,
    elapsed,
    isServerSent: isServerSent(headers),
    forward: (chunk) => forward(chunk),
  }).then(async ({ held, ...stream }) => {
    const failure = await keep(stream).catch((error: Error) => error)
    for (const chunk of held) forward(chunk)
    return { ...stream, ...(failure && { failure }) }
  })
  return {
    statusCode: status,
    details: { operation },
    async send(response, requestId, signal) {
      setHead(response, status, pickAnswerHeaders(headers), headers['x-amzn-requestid'] ?? requestId)
      if ('flushHeaders' in response) response.flushHeaders()
      forward = (chunk) => {
        if (signal.aborted) return // The two responses overload write differently; both take bytes.
        ;(response.write as (chunk: Buffer) => boolean).call(response, chunk)
      }
      for (const chunk of early.splice(0)) forward(chunk)
      const { events, ending, ...failure } = await kept
      if (signal.aborted) return { ending: 'abandoned', events: events.length }
      if (ending === 'reset') await resetConnection(response)
      else response.end()
      return { ending: ending === 'reset' ? 'reset' : 'whole', events: events.length, ...failure }
    },
  }
}
