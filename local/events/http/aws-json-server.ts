import { randomUUID } from 'node:crypto'
import {
  type AnyRequest,
  type AnyResponse,
  createDualProtocolServer,
  type DualProtocolServer,
} from '../../net/dual-protocol-server.ts'
import { originOf } from '../../net/origin.ts'
import { BodyAbortedError, BodyTooLargeError, BodyTooSlowError, discardBody, readBody } from '../../net/read-body.ts'
import { isObject, type JsonObject } from '../../template/json.ts'
import { AwsJsonError, unknownOperation } from './aws-json-error.ts'

/** A request and its outcome, without any content. */
export interface RequestSummary {
  /** Undefined for an operation that is not served. */
  readonly operation: string | undefined
  readonly statusCode: number
  readonly errorType?: string
  readonly durationMs: number
  /** Error inside the server itself. */
  readonly failure?: unknown
}

export interface OperationContext {
  /** Address of the server in the request, such as `http://127.0.0.1:3006`. */
  readonly origin: string
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** Returns the members of the answer; rejects with an AwsJsonError. */
export type Operation = (input: JsonObject, context: OperationContext) => Promise<object> | object

export interface AwsJsonServerOptions {
  /** Text before the operation in `x-amz-target`. */
  readonly targetPrefix: string
  readonly version: '1.0' | '1.1'
  /** Prefix of error names, as the service writes it. */
  readonly errorPrefix: string
  readonly operations: Readonly<Record<string, Operation>>
  readonly maxBodyBytes: number
  /** Called once for each request, after its answer. */
  readonly onRequest: ((summary: RequestSummary) => void) | undefined
}

interface Outcome {
  readonly operation?: string
  readonly statusCode: number
  readonly body: object
  readonly error?: AwsJsonError
  readonly failure?: unknown
}

/** A service of AWS's JSON protocols (smithy.io, "AWS JSON 1.0 protocol"). Credentials are not checked. */
export function createAwsJsonServer(options: AwsJsonServerOptions): DualProtocolServer {
  return createDualProtocolServer((request, response) => void serve(request, response), { continuesByItself: true })

  async function serve(request: AnyRequest, response: AnyResponse): Promise<void> {
    const startedAt = performance.now()
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    response.on('error', () => gone.abort())
    const { operation, statusCode, body, error, failure } = await answer(request, response, gone.signal)
    if (!gone.signal.aborted) {
      await discardBody(request, response)
      send(response, statusCode, body, error)
    }
    options.onRequest?.({
      operation,
      statusCode,
      ...(error && { errorType: error.name }),
      durationMs: performance.now() - startedAt,
      ...(failure !== undefined && { failure }),
    })
  }

  async function answer(request: AnyRequest, response: AnyResponse, signal: AbortSignal): Promise<Outcome> {
    let operation: string | undefined
    try {
      const [prefix, name = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
      const run = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined
      if (prefix !== options.targetPrefix || !run) throw unknownOperation()
      operation = name
      const body = await readBody(request, response, { maxBytes: options.maxBodyBytes })
      return { operation, statusCode: 200, body: await run(parseInput(body), { origin: originOf(request), signal }) }
    } catch (error) {
      return { ...(operation !== undefined && { operation }), ...describeFailure(error) }
    }
  }

  function describeFailure(cause: unknown): Outcome {
    const error = toAwsJsonError(cause)
    return {
      statusCode: error.statusCode,
      body: { __type: `${options.errorPrefix}${error.name}`, message: error.message, ...error.members },
      error,
      ...(error !== cause && { failure: cause }),
    }
  }

  function send(response: AnyResponse, statusCode: number, body: object, error: AwsJsonError | undefined): void {
    const bytes = Buffer.from(JSON.stringify(body))
    response.statusCode = statusCode
    response.setHeader('content-type', `application/x-amz-json-${options.version}`)
    response.setHeader('content-length', String(bytes.length))
    response.setHeader('x-amzn-requestid', randomUUID())
    if (error?.queryCode !== undefined) response.setHeader('x-amzn-query-error', `${error.queryCode};Sender`)
    response.end(bytes)
  }
}

function toAwsJsonError(error: unknown): AwsJsonError {
  if (error instanceof AwsJsonError) return error
  if (error instanceof BodyTooLargeError) {
    return new AwsJsonError('RequestEntityTooLargeException', error.message, { status: 413 })
  }
  if (error instanceof BodyTooSlowError)
    return new AwsJsonError('RequestTimeoutException', error.message, { status: 408 })
  if (error instanceof BodyAbortedError) return new AwsJsonError('IncompleteBody', error.message)
  return new AwsJsonError('InternalFailure', 'The local stack failed to serve this request', { status: 500 })
}

function parseInput(body: Buffer): JsonObject {
  try {
    const input: unknown = body.length === 0 ? {} : JSON.parse(body.toString())
    if (isObject(input)) return input
  } catch {
    // Invalid JSON and JSON of another type are the same error.
  }
  throw new AwsJsonError('SerializationException', 'The body is not a JSON object')
}
