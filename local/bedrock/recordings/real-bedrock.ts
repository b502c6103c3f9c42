import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { BedrockRuntimeClient, BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime'
import { BedrockError } from '@bedrock-functions/runtime/core'
import { validationError } from '../messages.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import type { BedrockAccess } from './options.ts'

export interface ForwardedRequest {
  readonly method: string
  /** Raw path with the query. */
  readonly target: string
  /** Headers of Bedrock's API, without credentials. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface ForwardedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: IncomingMessage
}

/** The real Bedrock, or the server that an endpoint names. */
export interface RealBedrock {
  /**
   * Signs a request with the user's own credentials and sends it, once. Its bytes and those of the answer are not changed.
   *
   * @throws BedrockError AccessDeniedException without credentials or region, ServiceUnavailableException if Bedrock cannot
   *   be reached
   */
  send(request: ForwardedRequest): Promise<ForwardedAnswer>
  /** Refuses a request that this object has sent, because it would go on for ever. */
  requireOther(headers: Readonly<Record<string, string>>): void
  /** Account of the credentials, if they name it. */
  readAccount(): Promise<string | undefined>
  /** Ends the calls in progress. */
  close(): void
}

const CONNECTION_TIMEOUT_MS = 10_000

/** Any model id: the SDK builds a path with it, which is replaced. */
const PLACEHOLDER_ID = 'placeholder'
const PLACEHOLDER_PATH = `/model/${PLACEHOLDER_ID}/invoke`

/** State of a call for the middlewares. It is a member of the command's input, which the SDK ignores. */
interface PassThrough {
  readonly request: ForwardedRequest
  answer?: ForwardedAnswer
  /** Error of the connection. */
  failure?: NodeJS.ErrnoException
}

export function createRealBedrock(access: BedrockAccess): RealBedrock {
  const id = randomUUID()
  const calls = new Set<AbortController>()
  let client: Promise<BedrockRuntimeClient> | undefined
  let isLoop = false
  const openClient = () => {
    client ??= createClient({ ...omitUndefined({ ...access }), customUserAgent: [['bedrock-emulator', id]] })
    return client
  }
  return {
    async send(request) {
      const passThrough: PassThrough = { request }
      const call = new AbortController()
      calls.add(call)
      try {
        const { InvokeModelCommand } = await import('@aws-sdk/client-bedrock-runtime')
        const input = { modelId: PLACEHOLDER_ID, body: request.body, ...{ passThrough } }
        await (await openClient()).send(new InvokeModelCommand(input), { abortSignal: call.signal })
      } catch (error) {
        calls.delete(call)
        throw describeFailure(error as Error, passThrough)
      }
      if (isLoop || !passThrough.answer) throw loopError()
      const { body } = passThrough.answer
      body.once('close', () => calls.delete(call))
      call.signal.addEventListener('abort', () => body.destroy(), { once: true })
      return passThrough.answer
    },
    requireOther(headers) {
      if (!headers['user-agent']?.includes(id)) return
      isLoop = true
      throw loopError()
    },
    async readAccount() {
      const { credentials } = (await openClient()).config
      return (await credentials().catch(() => undefined))?.accountId ?? process.env.AWS_ACCOUNT_ID
    },
    close() {
      for (const call of calls) call.abort()
      client?.then((opened) => opened.destroy()).catch(() => undefined)
    },
  }
}

function loopError(): BedrockError {
  return validationError(
    'The real Bedrock is this emulator itself: AWS_ENDPOINT_URL_BEDROCK_RUNTIME leads back to it. Unset it where the emulator runs.',
  )
}

/** Uses the SDK for credentials, signatures, region and endpoint. It is loaded only here, since most runs need none. */
async function createClient(configuration: BedrockRuntimeClientConfig): Promise<BedrockRuntimeClient> {
  const [{ BedrockRuntimeClient }, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-bedrock-runtime'),
    import('@smithy/node-http-handler'),
  ])
  const client = new BedrockRuntimeClient({
    ...configuration,
    requestHandler: new NodeHttpHandler({ connectionTimeout: CONNECTION_TIMEOUT_MS }),
    // The client of the emulator retries, and each attempt is a recording.
    maxAttempts: 1,
  })
  client.middlewareStack.add(
    (next) => (step) => {
      replaceRequest(step.request as WireRequest, passThroughOf(step.input).request)
      return next(step)
    },
    { step: 'build', name: 'passThroughRequest' },
  )
  client.middlewareStack.add(
    (next) => async (step) => {
      const result = await next(step).catch((error: Error) => {
        passThroughOf(step.input).failure = error
        throw error
      })
      const response = result.response as WireResponse
      const { statusCode: status, headers, body } = response
      passThroughOf(step.input).answer = { status, headers, body: body as IncomingMessage }
      // The SDK gets an empty answer in place of it.
      Object.assign(response, { statusCode: 200, headers: {}, body: new Uint8Array() })
      return result
    },
    // A low priority places it inside the SDK's deserializer, so it sees the response first.
    { step: 'deserialize', name: 'passThroughAnswer', priority: 'low' },
  )
  return client
}

interface WireRequest {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body?: Uint8Array
}

interface WireResponse {
  statusCode: number
  headers: Record<string, string>
  body: unknown
}

function replaceRequest(wire: WireRequest, { method, target, headers, body }: ForwardedRequest): void {
  const [path = ''] = target.split('?')
  wire.method = method
  wire.path = wire.path.slice(0, -PLACEHOLDER_PATH.length) + path
  wire.query = Object.fromEntries(new URLSearchParams(target.slice(path.length)))
  for (const name of ['content-type', 'accept']) delete wire.headers[name]
  Object.assign(wire.headers, headers)
  if (body.length > 0) return
  delete wire.body
  delete wire.headers['content-length']
}

function passThroughOf(input: object): PassThrough {
  return (input as { passThrough: PassThrough }).passThrough
}

/** Without an error of the connection, the SDK had nothing to sign with, or nowhere to send the request. */
function describeFailure(cause: Error, { failure }: PassThrough): BedrockError {
  return failure
    ? new BedrockError(
        'ServiceUnavailableException',
        `Bedrock could not be reached: ${failure.code ?? failure.message}.`,
        {
          cause,
        },
      )
    : new BedrockError(
        'AccessDeniedException',
        `No call of Bedrock is possible: ${cause.message}. It needs a region and credentials in the environment.`,
        { cause },
      )
}
