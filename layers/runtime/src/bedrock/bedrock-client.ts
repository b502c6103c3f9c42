import type { Readable } from 'node:stream'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Configuration } from '../core/configuration.ts'
import { type BedrockErrorType, errorTypeOf, type RestReply, statusOfType } from '../core/errors.ts'
import { readEventHead } from '../event-stream/frame-codec.ts'
import { type Frame, FrameError, FrameSource } from '../event-stream/frames.ts'
import { type FailedResponse, toRestError } from './to-rest-error.ts'

/** One call, in the form in which it goes over the wire. */
export interface BedrockRequest {
  /** POST by default. */
  readonly method?: 'GET'
  /** Path below the endpoint, labels percent-encoded, e.g. `/model/amazon.nova-lite-v1%3A0/converse`. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface SendOptions {
  /** Ends the call, its retries and the waits between them. */
  readonly signal: AbortSignal
  /** False where the caller retries by itself: retries at two layers multiply. */
  readonly retry: boolean
}

export interface StreamOptions extends SendOptions {
  /** Longest time between Bedrock's status and its first event, in milliseconds. */
  readonly silenceLimitMs: number
}

export interface BedrockReply extends RestReply {
  /** Tries it took, 1 or more. */
  readonly attempts: number
}

/** A stream that has begun: its first frames are there, and they are events. */
export interface BedrockStream {
  readonly headers: Readonly<Record<string, string>>
  readonly attempts: number
  readonly source: FrameSource
}

export interface Bedrock {
  /**
   * Sends one request as it is and resolves to Bedrock's answer as it is.
   *
   * @throws RestError for every answer that is not a 2xx, with Bedrock's status, type, message and further members, and
   *   ServiceUnavailableException where Bedrock cannot be reached. Where `signal` ends the call: its reason.
   */
  send(request: BedrockRequest, options: SendOptions): Promise<BedrockReply>
  /**
   * Sends one request whose answer is an event stream, and resolves once its first event is there. A failure before is
   * treated, and retried, like that of `send`; from then on there is no retry, and `signal` is not heeded.
   *
   * @throws as `send` does
   */
  openStream(request: BedrockRequest, options: StreamOptions): Promise<BedrockStream>
}

/** What our two middlewares need to know of a call; it rides on the command's input, whose other members the SDK reads. */
interface PassThrough {
  readonly request: BedrockRequest
  /** Longest wait for a stream's first event, in milliseconds; undefined where the answer comes whole. */
  readonly firstEventLimitMs: number | undefined
  replyHeaders: Record<string, string>
  failed?: FailedResponse
  source?: FrameSource
}

/** The SDK builds the path from it; ours takes the place of the end. Any id would do. */
const PLACEHOLDER_ID = 'placeholder'
const PLACEHOLDER_PATH = `/model/${PLACEHOLDER_ID}/invoke`

/**
 * Bedrock through the AWS SDK as a transport: credentials, signing, endpoints, retries and connections are the SDK's; the
 * bytes in both directions are the caller's, so that fields which this SDK's version does not know come through.
 *
 * Every operation goes as an InvokeModel, the one whose body is bytes both ways, with another path.
 */
export function createBedrock(
  configuration: Configuration,
  clientConfiguration: BedrockRuntimeClientConfig = {},
): Bedrock {
  // HTTP/1.1 with kept connections: the SDK's default handler opens an HTTP/2 connection per call, repeats calls that are
  // silent for five minutes and ends broken streams as if they were whole. The request's own timeout is the signal.
  const requestHandler = new NodeHttpHandler({ connectionTimeout: configuration.connectionTimeoutMs })
  const retrying = createClient({
    ...clientConfiguration,
    requestHandler,
    maxAttempts: configuration.maxAttempts,
  })
  let single: BedrockRuntimeClient | undefined

  function clientFor(retry: boolean): BedrockRuntimeClient {
    if (retry) return retrying
    const { credentials, region } = retrying.config
    single ??= createClient({ ...clientConfiguration, credentials, region, requestHandler, maxAttempts: 1 })
    return single
  }

  async function call(request: BedrockRequest, firstEventLimitMs: number | undefined, { signal, retry }: SendOptions) {
    const passThrough: PassThrough = { request, firstEventLimitMs, replyHeaders: {} }
    const command = new InvokeModelCommand({ modelId: PLACEHOLDER_ID, body: request.body, ...{ passThrough } })
    try {
      const { body, $metadata } = await endWith(signal, clientFor(retry).send(command, { abortSignal: signal }))
      const { replyHeaders: headers, source } = passThrough
      return { statusCode: $metadata.httpStatusCode ?? 200, headers, body, attempts: $metadata.attempts ?? 1, source }
    } catch (error) {
      throw signal.aborted ? signal.reason : toRestError(error, passThrough.failed)
    }
  }

  return {
    async send(request, options) {
      const { statusCode, headers, body, attempts } = await call(request, undefined, options)
      return { statusCode, headers, body, attempts }
    },
    async openStream(request, options) {
      const { headers, attempts, source } = await call(request, options.silenceLimitMs, options)
      if (!source) throw new Error('a stream was answered without one')
      return { headers, attempts, source }
    },
  }
}

function createClient(configuration: BedrockRuntimeClientConfig): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient(configuration)
  client.middlewareStack.add(
    (next) => (step) => {
      const { request } = passThroughOf(step.input)
      const wire = step.request as { method: string; path: string; headers: Record<string, string>; body?: Uint8Array }
      wire.path = wire.path.slice(0, -PLACEHOLDER_PATH.length) + request.path
      Object.assign(wire.headers, request.headers)
      if (request.method === 'GET') {
        wire.method = request.method
        delete wire.body
        for (const name of ['content-type', 'content-length']) delete wire.headers[name]
      }
      return next(step)
    },
    { step: 'build', name: 'passThroughRequest' },
  )
  client.middlewareStack.add(
    (next) => async (step) => {
      const passThrough = passThroughOf(step.input)
      delete passThrough.failed
      const result = await next(step)
      await takeReply(passThrough, result.response as WireResponse, client.config.streamCollector)
      return result
    },
    // Inside the SDK's own deserializer, which stands before every 'low' one of its step.
    { step: 'deserialize', name: 'passThroughReply', priority: 'low' },
  )
  return client
}

interface WireResponse {
  statusCode: number
  headers: Record<string, string>
  body: unknown
}

/**
 * Keeps what the caller gets, and leaves to the SDK what it can make its typed error of, since that decides on a retry.
 * A stream whose first frame is an exception is such an error, too.
 */
async function takeReply(
  passThrough: PassThrough,
  response: WireResponse,
  collect: (body: unknown) => Promise<Uint8Array>,
): Promise<void> {
  passThrough.replyHeaders = response.headers
  if (response.statusCode >= 300) {
    const body = await collect(response.body)
    passThrough.failed = { statusCode: response.statusCode, headers: response.headers, body }
    response.body = body
  } else if (passThrough.firstEventLimitMs !== undefined) {
    const opened = await openEventStream(response.body as Readable, passThrough.firstEventLimitMs)
    if ('failed' in opened) {
      const { statusCode, body } = opened.failed
      const headers = { ...response.headers, ...opened.failed.headers }
      passThrough.failed = { statusCode, headers, body }
      Object.assign(response, passThrough.failed)
    } else {
      passThrough.source = opened.source
      response.body = new Uint8Array()
    }
  }
}

function passThroughOf(input: object): PassThrough {
  return (input as { passThrough: PassThrough }).passThrough
}

/**
 * The call's outcome, or the signal's reason as soon as there is one: not everything inside the SDK listens to the signal,
 * and a deadline that waits for it is none.
 */
function endWith<Outcome>(signal: AbortSignal, call: Promise<Outcome>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

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
