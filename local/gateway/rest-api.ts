import { FunctionError, RequestTooLargeError } from '../lambda/errors.ts'
import { newTraceRoot } from '../lambda/invocation.ts'
import type { LambdaService } from '../lambda/lambda-service.ts'
import { cutConnection } from '../net/cut-connection.ts'
import {
  type AnyRequest,
  type AnyResponse,
  createDualProtocolServer,
  type DualProtocolServer,
} from '../net/dual-protocol-server.ts'
import type { RestApiModel } from '../template/model.ts'
import { runBufferedIntegration } from './buffered-integration.ts'
import {
  GatewayFault,
  headersTooLarge,
  integrationError,
  internalError,
  missingAuthenticationToken,
  requestTooLarge,
} from './gateway-fault.ts'
import { createGatewayResponses } from './gateway-responses.ts'
import { buildProxyEvent } from './proxy-event.ts'
import { BodyTooLargeError, readBody } from './read-body.ts'
import { headerValue, type ReceivedRequest, receiveRequest } from './received-request.ts'
import { createRequestContext } from './request-context.ts'
import { MalformedResponseError } from './response-head.ts'
import { createRouteTable, type MatchedRoute } from './route-table.ts'
import { runStreamingIntegration } from './streaming-integration.ts'

export interface RestApiOptions {
  readonly api: RestApiModel
  readonly lambda: LambdaService
  readonly accountId: string
  /** One call a request, when it has ended. */
  readonly onRequest?: (summary: RequestSummary) => void
  /** A streamed answer may be silent this long; API Gateway's 5 minutes by default. */
  readonly streamIdleMilliseconds?: number
}

/** What may be told of a request: never its body. */
export interface RequestSummary {
  readonly method: string
  readonly rawPath: string
  /** Undefined: the client went away before there was one. */
  readonly statusCode: number | undefined
  readonly milliseconds: number
  readonly functionName: string | undefined
  /** A worker was started for it. */
  readonly cold: boolean
  /** Why it did not end well: the type of the function's error, or what the gateway found. */
  readonly failure: string | undefined
}

/** Of a request body, bytes; cannot be raised. Source: API Gateway's quotas. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024

/** Of the request line and all header values together, bytes. Source: API Gateway's quotas. */
const HEADER_LIMIT_BYTES = 10_240

const STREAM_IDLE_MILLISECONDS = 5 * 60_000

/** A REST API of API Gateway: its routes, its limits and its own errors, over HTTP/1.1 and h2c. */
export function createRestApi(options: RestApiOptions): DualProtocolServer {
  const { api, lambda, accountId, onRequest, streamIdleMilliseconds = STREAM_IDLE_MILLISECONDS } = options
  const routes = createRouteTable(api.operations)
  const gatewayResponses = createGatewayResponses(api)

  return createDualProtocolServer((request, response) => {
    const startedAt = performance.now()
    const received = receiveRequest(request)
    const route = routes.match(received.method, received.rawPath)
    let cold = false
    let failure: string | undefined
    const clientGone = new AbortController()
    // A write to a client that has just gone; 'close' says it as well.
    response.on('error', () => {})
    response.once('close', () => {
      // With HTTP/2 a response may close before it says that it has finished.
      if (!response.writableEnded) clientGone.abort()
      onRequest?.({
        method: received.method,
        rawPath: received.rawPath,
        statusCode: response.headersSent ? response.statusCode : undefined,
        milliseconds: performance.now() - startedAt,
        functionName: route?.operation.integration.functionName,
        cold,
        failure,
      })
    })

    const context = createRequestContext(received, api, accountId, route?.operation)
    const traceRoot = /Root=[\w-]+/.exec(headerValue(received, 'x-amzn-trace-id') ?? '')?.[0] ?? newTraceRoot()
    const gatewayHeaders = {
      'x-amzn-requestid': context.requestId,
      'x-amz-apigw-id': context.extendedRequestId,
      'x-amzn-trace-id': traceRoot,
    }

    async function serve(): Promise<void> {
      const { operation, body } = await accept(request, received, route)
      const event = buildProxyEvent({ received, body, route: operation, requestContext: context, api, traceRoot })
      const { integration } = operation.operation
      const call = { integration, lambda, event, traceRoot, clientGone: clientGone.signal, response, gatewayHeaders }
      const outcome =
        integration.transferMode === 'STREAM'
          ? await runStreamingIntegration(call, received.method, streamIdleMilliseconds)
          : await runBufferedIntegration(call, received.method)
      cold = outcome.cold
    }

    serve().catch((error: unknown) => {
      const fault = toFault(error)
      failure = describe(fault)
      if (response.destroyed || clientGone.signal.aborted) return
      if (response.headersSent) {
        failure = `cut: ${failure}`
        cutConnection(response)
        return
      }
      const rendered = gatewayResponses.render(fault, received, context)
      resetHeaders(response)
      for (const [name, value] of Object.entries({ ...gatewayHeaders, ...rendered.headers })) {
        response.setHeader(name, value)
      }
      response.statusCode = rendered.statusCode
      response.end(rendered.body)
    })
  })
}

async function accept(
  request: AnyRequest,
  received: ReceivedRequest,
  route: MatchedRoute | undefined,
): Promise<{ operation: MatchedRoute; body: Buffer }> {
  // Read in any case: most clients send all of it before they look at the answer.
  const body = await readBody(request, BODY_LIMIT_BYTES)
  if (headerBytes(received) > HEADER_LIMIT_BYTES) throw headersTooLarge()
  if (!route) throw missingAuthenticationToken()
  return { operation: route, body }
}

function headerBytes({ method, rawPath, rawQuery, headers }: ReceivedRequest): number {
  const requestLine = method.length + rawPath.length + rawQuery.length
  return headers.reduce((sum, [, value]) => sum + value.length, requestLine)
}

/** What a failed function may have set before it failed. */
function resetHeaders(response: AnyResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
}

/** The one place where a failure becomes an answer of the gateway. */
function toFault(error: unknown): GatewayFault {
  if (error instanceof GatewayFault) return error
  if (error instanceof RequestTooLargeError || error instanceof BodyTooLargeError) return requestTooLarge(error)
  if (error instanceof FunctionError || error instanceof MalformedResponseError) return integrationError(error)
  return internalError(error)
}

/** Without the message of what a function threw: it may quote its input. */
function describe(fault: GatewayFault): string {
  const { cause } = fault
  if (cause instanceof FunctionError) return cause.errorType
  return cause instanceof Error ? cause.message : fault.message
}
