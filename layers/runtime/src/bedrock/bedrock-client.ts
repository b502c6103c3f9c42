import type { Readable } from 'node:stream'
import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime'
import type { HttpResponse } from '@smithy/core/protocols'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Configuration } from '../core/configuration.ts'
import { type BedrockErrorType, errorTypeOf, type RestReply, statusOfType } from '../core/errors.ts'
import { readEventHead } from '../event-stream/frame-codec.ts'
import { type Frame, FrameError, FrameSource } from '../event-stream/frames.ts'
import { EventReader } from '../event-stream/server-sent-events.ts'
import { readJsonObject } from '../json/json-document.ts'
import { readDoorError } from './follow-door.ts'
import { type FailedResponse, readFailedResponse, readTypedError, toRestError } from './to-rest-error.ts'
import { type BedrockRequest, createTransport, toServiceException } from './transport.ts'

export type { BedrockRequest } from './transport.ts'

export interface SendOptions {
  /** Ends the call, its retries and the waits between them. */
  readonly signal: AbortSignal
  /** False if the caller retries: retries at two layers multiply. */
  readonly retry: boolean
  /** Gets the number of each try before it is made, so that it is known of a call that fails or is ended, too. */
  readonly onTry?: ((attempts: number) => void) | undefined
}

export interface StreamOptions extends SendOptions {
  /** Longest time between Bedrock's status and its first event, in milliseconds. */
  readonly silenceLimitMs: number
  /** True for a stream of server-sent events, as other contracts have, instead of frames. */
  readonly hasEvents?: boolean
}

export interface BedrockReply extends RestReply {
  /** Number of tries, 1 or more. */
  readonly attempts: number
}

/** Stream whose first event has come. */
export interface BedrockStream {
  readonly headers: Readonly<Record<string, string>>
  readonly attempts: number
  readonly source: FrameSource
}

export interface Bedrock {
  /**
   * Sends a request and resolves to Bedrock's answer. Neither is changed.
   *
   * @throws RestError for every answer that is not a 2xx, with Bedrock's status, type, message and other members;
   *   BedrockError ServiceUnavailableException if Bedrock cannot be reached; the signal's reason if it ends the call
   */
  send(request: BedrockRequest, options: SendOptions): Promise<BedrockReply>
  /**
   * Sends a request whose answer is an event stream, and resolves when its first event has come. An earlier failure is handled
   * and retried as in `send`. After the first event there is no retry, and `signal` has no effect.
   *
   * @throws the errors of `send`
   */
  openStream(request: BedrockRequest, options: StreamOptions): Promise<BedrockStream>
  /**
   * Holds a bidirectional stream for one turn of speech, and resolves when the first event of the answer has come. `body` is a
   * document for `planTurn`. It is not retried.
   *
   * @throws the errors of `send`; BedrockError ValidationException for a turn that cannot be planned
   */
  openTurn(
    turn: { readonly modelId: string; readonly body: Uint8Array },
    options: Omit<StreamOptions, 'retry'>,
  ): Promise<BedrockStream>
}

/**
 * Creates a client that uses the AWS SDK as a transport: for credentials, signing, endpoints, retries and connections. The
 * bytes of requests and answers pass unchanged, so that fields which this version of the SDK does not know are not lost.
 */
export function createBedrock(
  configuration: Configuration,
  clientConfiguration: BedrockRuntimeClientConfig = {},
): Bedrock {
  // HTTP/1.1 with connections kept alive. The SDK's default handler opens an HTTP/2 connection per call, retries calls that
  // are silent for five minutes, and ends broken streams as if they were complete. The signal is the request's timeout.
  const requestHandler = new NodeHttpHandler({ connectionTimeout: configuration.connectionTimeoutMs })
  const { config } = new BedrockRuntimeClient({
    ...clientConfiguration,
    requestHandler,
    maxAttempts: configuration.maxAttempts,
  })
  const transport = createTransport(config)

  /** Sends a request; `read` takes a response of 2xx, or returns the failure in it. */
  async function call<Answer extends object>(
    request: BedrockRequest,
    { signal, retry, onTry }: SendOptions,
    read: (body: Readable) => Promise<Answer | FailedAnswer>,
  ): Promise<Answer & Pick<BedrockReply, 'statusCode' | 'headers' | 'attempts'>> {
    let attempts = 0
    let failed: FailedResponse | undefined
    let answer: (Answer & Pick<BedrockReply, 'statusCode' | 'headers'>) | undefined
    const readResponse = async (response: HttpResponse) => {
      const { statusCode, headers, body } = response
      if (statusCode < 300) {
        const outcome: Answer | FailedAnswer = await read(body)
        if (!isFailed(outcome)) {
          answer = { ...outcome, statusCode, headers }
          return
        }
        failed = { ...outcome.failed, headers: { ...headers, ...outcome.failed.headers } }
      } else failed = { statusCode, headers, body: await config.streamCollector(body) }
      throw toServiceException(readFailedResponse(failed), response)
    }
    const options = {
      signal,
      retry,
      readResponse,
      onTry() {
        failed = undefined
        attempts += 1
        onTry?.(attempts)
      },
    }
    try {
      await untilAborted(signal, transport(request, options))
    } catch (error) {
      throw signal.aborted ? signal.reason : toRestError(error, failed)
    }
    if (!answer) throw new Error('a call ended without an answer')
    return { ...answer, attempts }
  }

  return {
    send: (request, options) => call(request, options, async (body) => ({ body: await config.streamCollector(body) })),
    openStream: (request, options) =>
      call(request, options, (body) => openEventStream(body, options.silenceLimitMs, options.hasEvents)),
    async openTurn({ modelId, body }, { signal, silenceLimitMs, onTry }) {
      // Few calls are spoken, so that most functions never load the parts for HTTP/2.
      const [{ holdTurn }, { planTurn }] = await Promise.all([
        import('./speech/hold-turn.ts'),
        import('./speech/plan-turn.ts'),
      ])
      const turn = planTurn(readJsonObject(body))
      const { credentials, region } = config
      onTry?.(1)
      const held = await holdTurn({ ...clientConfiguration, credentials, region }, { modelId, turn, signal }).catch(
        (error: unknown) => {
          throw signal.aborted ? signal.reason : toRestError(error, readTypedError(error))
        },
      )
      const opened = await openEventStream(held.body, silenceLimitMs)
      if ('failed' in opened) throw toRestError(undefined, opened.failed)
      return { headers: held.headers, attempts: 1, source: opened.source }
    },
  }
}

function isFailed(outcome: object): outcome is FailedAnswer {
  return 'failed' in outcome
}

/**
 * Resolves to the call's outcome, or rejects with the signal's reason at once: parts of the SDK do not listen to the signal,
 * and would delay the deadline.
 */
function untilAborted<Outcome>(signal: AbortSignal, call: Promise<Outcome>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

/** Stream whose first event has come, or the failure in its first frame. */
export type OpenedStream = { readonly source: FrameSource } | FailedAnswer

interface FailedAnswer {
  readonly failed: FailedResponse
}

/**
 * Waits for a stream's first frame. The caller has got nothing yet, so an exception in the first frame can become an error
 * response with the status of its type.
 *
 * @param silenceLimitMs longest time between Bedrock's status and its first event
 * @param hasEvents true for server-sent events instead of frames
 */
export async function openEventStream(
  body: Readable,
  silenceLimitMs: number,
  hasEvents = false,
): Promise<OpenedStream> {
  const source = hasEvents ? new FrameSource(body, new EventReader()) : new FrameSource(body)
  const opened = await readFirstFrames(source, silenceLimitMs, hasEvents ? readEventFailure : readFailure).catch(
    (error: unknown) => {
      if (error instanceof FrameError)
        return failure('ModelStreamErrorException', `The model's stream broke: ${error.message}.`)
      throw error
    },
  )
  if ('failed' in opened) source.destroy()
  return opened
}

async function readFirstFrames(
  source: FrameSource,
  silenceLimitMs: number,
  findFailure: typeof readFailure,
): Promise<OpenedStream> {
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
        const failed = findFailure(first)
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
    // An error frame has a code that the service model does not know, so its status is 500.
    statusCode: statusOfType(type),
    headers: { 'x-amzn-errortype': type },
    body: errorMessage === undefined ? frame.payload : messageBody(errorMessage),
  }
}

/** Reads the failure in an event of another contract. */
function readEventFailure({ payload }: Frame): FailedResponse | undefined {
  const error = payload.includes('"error"') ? readDoorError(payload) : undefined
  if (!error) return undefined
  const { name, message } = error
  return { statusCode: statusOfType(name), headers: { 'x-amzn-errortype': name }, body: messageBody(message) }
}

function messageBody(message: string): Uint8Array {
  return Buffer.from(JSON.stringify({ message }))
}
