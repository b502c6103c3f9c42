import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FunctionError } from './errors.ts'
import type { Invocation } from './invocation.ts'
import { parseFunctionError } from './response-body.ts'

/** Messages of a runtime to its supervisor. */
export interface RuntimeEvents {
  /** The runtime polls for an invocation, so the one before has ended. */
  onPoll(): void
  onInitError(error: FunctionError): void
  /** An answer begins; `post` is its body. It is acknowledged when `post` has been read to its end. */
  onResponse(requestId: string, post: IncomingMessage): void
  onInvocationError(requestId: string, error: FunctionError): void
}

/** Lambda Runtime API (2018-06-01) of one worker. */
export interface RuntimeApi {
  readonly port: number
  /** Answers the poll that `onPoll` reported. */
  deliver(invocation: Invocation, functionArn: string, deadlineMs: number): void
  close(): void
}

const ROUTE =
  /^\/2018-06-01\/runtime\/(?:init\/(?<initError>error)|invocation\/(?:(?<next>next)|(?<id>[^/]+)\/(?<action>response|error)))$/

/** Bytes of an error report, which is a message and a stack. */
const ERROR_LIMIT_BYTES = 1024 * 1024

/**
 * Starts the server of one worker. The runtime interface client takes `host:port` without a path, so the port identifies
 * the worker. Resolves when it listens on 127.0.0.1.
 */
export function startRuntimeApi(events: RuntimeEvents): Promise<RuntimeApi> {
  let poll: ServerResponse | undefined

  const server = createServer((request, response) => {
    const route = ROUTE.exec(request.url ?? '')?.groups
    if (route?.next) {
      poll = response
      events.onPoll()
    } else if (route?.id && route.action === 'response') {
      request.on('end', () => acknowledge(response))
      events.onResponse(route.id, request)
    } else if (route?.id || route?.initError) {
      const requestId = route.id
      readError(request, (error) => {
        acknowledge(response)
        if (requestId === undefined) events.onInitError(error)
        else events.onInvocationError(requestId, error)
      })
    } else {
      request.resume()
      response.writeHead(404).end()
    }
  })
  // A function may be silent until its timeout.
  server.requestTimeout = 0
  server.keepAliveTimeout = 0

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        deliver(invocation, functionArn, deadlineMs) {
          poll?.writeHead(200, {
            'content-type': 'application/json',
            'lambda-runtime-aws-request-id': invocation.requestId,
            'lambda-runtime-deadline-ms': String(deadlineMs),
            'lambda-runtime-invoked-function-arn': functionArn,
            'lambda-runtime-trace-id': invocation.traceId,
          })
          poll?.end(invocation.payload)
          poll = undefined
        },
        close() {
          server.close()
          server.closeAllConnections()
        },
      })
    })
  })
}

function acknowledge(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}\n')
}

function readError(request: IncomingMessage, onError: (error: FunctionError) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= ERROR_LIMIT_BYTES) chunks.push(chunk)
  })
  request.on('end', () => onError(parseFunctionError(Buffer.concat(chunks))))
}
