import { FunctionError, RequestTooLargeError } from '../lambda/errors.ts'
import type { LambdaService } from '../lambda/lambda-service.ts'
import type { AnyResponse, DualProtocolServer } from '../net/dual-protocol-server.ts'
import { type BodyTime, BodyTooLargeError, BodyTooSlowError } from '../net/read-body.ts'
import type { MockIntegrationModel, RestApiModel } from '../template/model.ts'
import { type ApiAccess, openApiAccess } from './access/access.ts'
import {
  GatewayFault,
  integrationError,
  internalError,
  missingAuthenticationToken,
  requestTimedOut,
  requestTooLarge,
} from './gateway-fault.ts'
import { createGatewayResponses } from './gateway-responses.ts'
import { createGatewayServer, type Exchange, type ExchangeHandler, type RequestSummary } from './gateway-server.ts'
import { type AnswerFormat, writeHead } from './integration.ts'
import { readMetadataPrelude } from './metadata-prelude.ts'
import { buildProxyEvent } from './proxy-event.ts'
import { readProxyResponse } from './proxy-response.ts'
import { createRequestContext, withCaller } from './request-context.ts'
import { requireHeadersWithinLimit } from './request-limits.ts'
import { MalformedResponseError } from './response-head.ts'
import { createRouteTable } from './route-table.ts'
import { runIntegration } from './run-integration.ts'
import { runServiceIntegration, type ServiceCall } from './service-integration.ts'
import { suggestRoute } from './suggest-route.ts'

export interface RestApiOptions {
  readonly api: RestApiModel
  readonly lambda: LambdaService
  readonly accountId: string
  /** Services that integrations of type aws call. */
  readonly startSyncExecution?: ServiceCall
  /** Answers requests that are not for the API. */
  readonly handleFirst?: (exchange: Exchange) => ExchangeHandler | undefined
  /** Access to the API; open by default. */
  readonly access?: ApiAccess
  /** Called at the end of each request. */
  readonly onRequest?: (summary: RequestSummary) => void
  /** Longest silence of a streamed answer; 5 minutes by default, as in API Gateway. */
  readonly streamIdleMs?: number
  /** Bounds of the time for a body; those of `readBody` by default. */
  readonly bodyTime?: BodyTime
}

/** Bytes of a request body, a fixed limit. Source: API Gateway's quotas. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024

const STREAM_IDLE_MS = 5 * 60_000

/** API Gateway expects metadata in every streamed answer. */
const FORMAT: AnswerFormat = {
  readBuffered: readProxyResponse,
  readStreamed: (_contentType, chunks) => readMetadataPrelude(chunks),
}

/** A REST API of API Gateway: its routes, its limits and its own errors, over HTTP/1.1 and h2c. */
export function createRestApi(options: RestApiOptions): DualProtocolServer {
  const { api, lambda, accountId, onRequest, streamIdleMs = STREAM_IDLE_MS } = options
  const access = options.access ?? openApiAccess(accountId)
  const routes = createRouteTable(api.operations)
  const gatewayResponses = createGatewayResponses(api)

  function handle(exchange: Exchange): ExchangeHandler {
    const { received, response, traceRoot, clientGone, body: readBody } = exchange
    const first = options.handleFirst?.(exchange)
    if (first) return first
    const { method } = received
    const route = routes.match(method, received.rawPath)
    const integration = route?.operation.integration
    const context = createRequestContext(received, api, accountId, route?.operation)
    const gatewayHeaders = {
      'x-amzn-requestid': context.requestId,
      'x-amz-apigw-id': context.extendedRequestId,
      'x-amzn-trace-id': traceRoot,
    }
    return {
      requestId: context.requestId,
      functionName: integration?.type === 'aws_proxy' ? integration.functionName : undefined,
      hint: route ? undefined : suggestRoute(api.operations, method, received.rawPath),
      async serve() {
        requireHeadersWithinLimit(received)
        if (!route || !integration) throw missingAuthenticationToken()
        const caller = await access.admit({ received, body: readBody, route, context, traceRoot })
        if (integration.type === 'mock') {
          answerMock(integration, { method, response, gatewayHeaders })
          return { cold: false }
        }
        const body = await readBody()
        if (integration.type === 'aws') {
          const { startSyncExecution } = options
          if (!startSyncExecution) throw internalError(new Error('no Step Functions run in this stack'))
          return runServiceIntegration({
            integration,
            call: startSyncExecution,
            received,
            body,
            route,
            context: withCaller(context, caller),
            api,
            response,
            gatewayHeaders,
          })
        }
        return runIntegration({
          method,
          integration,
          lambda,
          event: buildProxyEvent({
            received,
            body,
            route,
            requestContext: withCaller(context, caller),
            api,
            traceRoot,
          }),
          traceRoot,
          clientGone,
          response,
          gatewayHeaders,
          idleMs: streamIdleMs,
          format: FORMAT,
        })
      },
      renderFault(error) {
        const rendered = gatewayResponses.render(toFault(error), received, context)
        return { ...rendered, headers: { ...gatewayHeaders, ...rendered.headers } }
      },
    }
  }

  const bodyLimits = { maxBytes: BODY_LIMIT_BYTES, ...options.bodyTime }
  return createGatewayServer({ server: 'api', handle, bodyLimits, onRequest })
}

/** Static answer of a mock integration. */
function answerMock(
  { statusCode, headers }: MockIntegrationModel,
  to: { method: string; response: AnyResponse; gatewayHeaders: Readonly<Record<string, string>> },
): void {
  writeHead(to, { statusCode, headers: Object.entries(headers).map(([name, value]) => [name, [value]]) })
  to.response.end()
}

/** Turns any failure into an answer of the gateway. */
function toFault(error: unknown): GatewayFault {
  if (error instanceof GatewayFault) return error
  if (error instanceof RequestTooLargeError || error instanceof BodyTooLargeError) return requestTooLarge(error)
  if (error instanceof BodyTooSlowError) return requestTimedOut(error)
  if (error instanceof FunctionError || error instanceof MalformedResponseError) return integrationError(error)
  return internalError(error)
}
