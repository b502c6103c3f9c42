import { FunctionError } from '../lambda/errors.ts'
import { newTraceRoot } from '../lambda/invocation.ts'
import { cutConnection } from '../net/cut-connection.ts'
import {
  type AnyRequest,
  type AnyResponse,
  createDualProtocolServer,
  type DualProtocolServer,
} from '../net/dual-protocol-server.ts'
import { type BodyLimits, discardBody, readBody } from '../net/read-body.ts'
import { GatewayFault } from './gateway-fault.ts'
import type { IntegrationOutcome } from './integration.ts'
import { headerValue, type ReceivedRequest, receiveRequest } from './received-request.ts'

/** What may be told of a request: never its body. */
export interface RequestSummary {
  readonly server: 'api' | 'function-url'
  /** Id that API Gateway or the function URL gave the request; undefined where it did not get that far. */
  readonly requestId?: string | undefined
  readonly method: string
  readonly rawPath: string
  /** Undefined: the client went away before there was one. */
  readonly statusCode: number | undefined
  readonly durationMs: number
  /** Undefined where no function is asked. */
  readonly functionName: string | undefined
  /** A worker was started for it. */
  readonly cold: boolean
  /** Why it did not end well: the type of the function's error, or what the gateway found. */
  readonly failure: string | undefined
  /** What the client probably meant. */
  readonly hint: string | undefined
}

/** One request and the way to its answer. */
export interface Exchange {
  readonly received: ReceivedRequest
  readonly response: AnyResponse
  /** `Root=…` of the X-Ray header: the client's, else a new one. */
  readonly traceRoot: string
  /** Aborted when the client is gone. */
  readonly clientGone: AbortSignal
  /** Reads the whole body, once however often it is asked for. Rejects with the errors of `readBody`. */
  readonly body: () => Promise<Buffer>
}

/** How one request is answered. */
export interface ExchangeHandler {
  readonly functionName: string | undefined
  readonly requestId?: string | undefined
  /** True for a request that is not told to `onRequest`. */
  readonly isSilent?: boolean
  /** What the client of a wrong request probably meant. */
  readonly hint?: string | undefined
  /** Answers; a rejection before the head was sent is rendered, a later one cuts the connection. */
  serve(): Promise<IntegrationOutcome>
  renderFault(error: unknown): RenderedResponse
}

/** An answer that the gateway gives instead of a function. */
export interface RenderedResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface GatewayServerOptions {
  readonly server: RequestSummary['server']
  readonly handle: (exchange: Exchange) => ExchangeHandler
  readonly bodyLimits: BodyLimits
  /** Called at the end of each request. */
  readonly onRequest: ((summary: RequestSummary) => void) | undefined
}

/** What every way over HTTP to a function has in common: a client that may go away, late errors, a line to log. */
export function createGatewayServer({
  server,
  handle,
  bodyLimits,
  onRequest,
}: GatewayServerOptions): DualProtocolServer {
  return createDualProtocolServer(answer, { continuesByItself: true })

  function answer(request: AnyRequest, response: AnyResponse): void {
    const startedAt = performance.now()
    const received = receiveRequest(request)
    const traceRoot = /Root=[\w-]+/.exec(headerValue(received, 'x-amzn-trace-id') ?? '')?.[0] ?? newTraceRoot()
    const clientGone = new AbortController()
    let reading: Promise<Buffer> | undefined
    const body = () => {
      reading ??= readBody(request, response, bodyLimits)
      return reading
    }
    const handler = handle({ received, response, traceRoot, clientGone: clientGone.signal, body })
    let cold = false
    let failure: string | undefined
    // A write to a client that has just gone; 'close' says it as well.
    response.on('error', () => {})
    response.once('close', () => {
      // With HTTP/2 a response may close before it says that it has finished.
      if (!response.writableEnded) clientGone.abort()
      if (handler.isSilent) return
      onRequest?.({
        server,
        requestId: handler.requestId,
        method: received.method,
        rawPath: received.rawPath,
        statusCode: response.headersSent ? response.statusCode : undefined,
        durationMs: performance.now() - startedAt,
        functionName: handler.functionName,
        cold,
        failure,
        hint: response.statusCode >= 400 ? handler.hint : undefined,
      })
    })

    handler.serve().then(
      (outcome) => {
        cold = outcome.cold
      },
      (error: unknown) => {
        failure = describeFailure(error)
        if (response.destroyed || clientGone.signal.aborted) return
        if (response.headersSent) {
          failure = `cut: ${failure}`
          cutConnection(response)
          return
        }
        // The client may be sending still: a refusal does not wait for the end of a body.
        return discardBody(request, response).then(() => {
          if (!response.destroyed) sendRendered(response, handler.renderFault(error))
        })
      },
    )
  }
}

function sendRendered(response: AnyResponse, rendered: RenderedResponse): void {
  // What a failed function may have set before it failed.
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  for (const [name, value] of Object.entries(rendered.headers)) response.setHeader(name, value)
  response.statusCode = rendered.statusCode
  response.end(rendered.body)
}

/** Without the message of what a function threw: it may quote its input. */
function describeFailure(error: unknown): string {
  if (error instanceof FunctionError) return error.errorType
  if (error instanceof GatewayFault && error.detail !== undefined) return `${error.message}: ${error.detail}`
  return error instanceof Error ? error.message : String(error)
}
