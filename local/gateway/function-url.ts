import type { LambdaService } from '../lambda/lambda-service.ts'
import { REQUEST_LIMIT_BYTES } from '../lambda/limits.ts'
import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { BodyTime } from '../net/read-body.ts'
import type { FunctionUrlModel, LambdaIntegrationModel, OperationModel } from '../template/model.ts'
import { type FunctionUrlAccess, openFunctionUrlAccess } from './access/access.ts'
import { addHeaders, corsHeaders, isPreflight, preflightHeaders } from './cors.ts'
import { buildFunctionUrlEvent, createFunctionUrlContext, withUrlCaller } from './function-url-event.ts'
import { renderFunctionUrlFault } from './function-url-fault.ts'
import { readFunctionUrlResponse, readFunctionUrlStream } from './function-url-response.ts'
import { createGatewayServer, type Exchange, type ExchangeHandler, type RequestSummary } from './gateway-server.ts'
import { writeHead } from './integration.ts'
import { requireHeadersWithinLimit } from './request-limits.ts'
import { createRouteTable } from './route-table.ts'
import { runIntegration } from './run-integration.ts'
import { suggestRoute } from './suggest-route.ts'

export interface FunctionUrlOptions {
  readonly functionName: string
  readonly url: FunctionUrlModel
  readonly lambda: LambdaService
  readonly accountId: string
  /** Routes of the API beside it, for the hint on a request that is none of the function's. */
  readonly routes?: readonly OperationModel[]
  /** Who may call a URL with AuthType AWS_IAM; everybody by default. */
  readonly access?: FunctionUrlAccess
  /** Called at the end of each request. */
  readonly onRequest?: (summary: RequestSummary) => void
  /** Bounds of the time for a body; those of `readBody` by default. */
  readonly bodyTime?: BodyTime
}

/** A function URL has no time limits of its own, of the whole or of silence: this is the longest that a function runs. */
const MAX_DURATION_MS = 15 * 60_000

/** A function URL of Lambda: every path and method is the one function's, over HTTP/1.1 and h2c. */
export function createFunctionUrl(options: FunctionUrlOptions): DualProtocolServer {
  const { functionName, url, lambda, accountId, routes = [], onRequest } = options
  const access = options.access ?? openFunctionUrlAccess(accountId)
  const integration: LambdaIntegrationModel = {
    type: 'aws_proxy',
    functionName,
    transferMode: url.invokeMode === 'RESPONSE_STREAM' ? 'STREAM' : 'BUFFERED',
    timeoutMs: MAX_DURATION_MS,
  }

  const ownRoutes = routes.filter(
    ({ integration: { type, ...of } }) =>
      type === 'aws_proxy' && 'functionName' in of && of.functionName === functionName,
  )
  const ownTable = createRouteTable(ownRoutes)
  const apiTable = createRouteTable(routes)

  function hintFor(method: string, rawPath: string): string | undefined {
    if (ownRoutes.length === 0 || ownTable.match(method, rawPath)) return undefined
    const elsewhere = apiTable.match(method, rawPath)
    if (elsewhere) return `${method} ${elsewhere.operation.resource} is a route of the API, not of the function URL`
    return suggestRoute(ownRoutes, method, rawPath)
  }

  function handle({ received, response, traceRoot, clientGone, body: readBody }: Exchange): ExchangeHandler {
    const { method } = received
    const requestContext = createFunctionUrlContext(received, url)
    const gatewayHeaders = { 'x-amzn-requestid': requestContext.requestId, 'x-amzn-trace-id': traceRoot }
    const preflight = url.cors && isPreflight(received) ? preflightHeaders(url.cors, received) : undefined
    const cors = url.cors ? corsHeaders(url.cors, received) : []
    return {
      functionName: preflight ? undefined : functionName,
      hint: hintFor(method, received.rawPath),
      async serve() {
        requireHeadersWithinLimit(received)
        if (preflight) {
          writeHead({ method, response, gatewayHeaders }, { statusCode: 200, headers: preflight })
          response.end()
          return { cold: false }
        }
        const caller = url.authType === 'AWS_IAM' ? await access.admit(received, readBody) : undefined
        const body = await readBody()
        return runIntegration({
          method,
          integration,
          lambda,
          event: buildFunctionUrlEvent({
            received,
            body,
            requestContext: withUrlCaller(requestContext, accountId, caller),
            traceRoot,
          }),
          traceRoot,
          clientGone,
          response,
          gatewayHeaders,
          idleMs: MAX_DURATION_MS,
          format: {
            readBuffered: (payload) => addHeaders(readFunctionUrlResponse(payload), cors),
            async readStreamed(contentType, chunks) {
              const { head, start } = await readFunctionUrlStream(contentType, chunks)
              return { head: addHeaders(head, cors), start }
            },
          },
        })
      },
      renderFault(error) {
        const rendered = renderFunctionUrlFault(error)
        const corsOfFault = Object.fromEntries(cors.map(([name, values]) => [name, values.join(', ')]))
        return { ...rendered, headers: { ...gatewayHeaders, ...rendered.headers, ...corsOfFault } }
      },
    }
  }

  const bodyLimits = { maxBytes: REQUEST_LIMIT_BYTES, ...options.bodyTime }
  return createGatewayServer({ server: 'function-url', handle, bodyLimits, onRequest })
}
