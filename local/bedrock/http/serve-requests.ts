import { randomUUID } from 'node:crypto'
import { BedrockError, errorReply, type RestReply } from '@bedrock-functions/runtime/errors'
import type { AnyRequest, AnyResponse, RequestListener } from '../../net/dual-protocol-server.ts'
import type { ThrottleCounter } from '../directives/throttle-counter.ts'
import type { LanguageModel } from '../language-model.ts'
import type { OperationAnswer } from '../operations/operation.ts'
import { definedOnly } from '../shapes/read-json.ts'
import { readBody } from './read-body.ts'
import { type RoutedRequest, routeRequest } from './route-request.ts'

/** One request in numbers and names; nothing of any prompt or answer. */
export interface RequestSummary {
  readonly requestId: string
  readonly method: string
  readonly path: string
  /** Undefined when the path is no operation. */
  readonly operation?: string
  readonly statusCode: number
  readonly errorType?: string
  /** What went wrong inside the emulator itself, with an InternalServerException that no directive asked for. */
  readonly failure?: unknown
  readonly durationMilliseconds: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** The client went away before its answer. */
  readonly isAbandoned: boolean
}

export interface ServiceDependencies {
  readonly model: LanguageModel
  readonly throttle: ThrottleCounter
  onRequest(summary: RequestSummary): void
}

/** Serves Bedrock's operations: route, read, run, reply. Any credentials do, and none. */
export function createRequestListener(dependencies: ServiceDependencies): RequestListener {
  return (request, response) => void serve(request, response, dependencies)
}

interface Outcome {
  readonly reply: RestReply
  readonly details: Partial<RequestSummary>
}

async function serve(request: AnyRequest, response: AnyResponse, dependencies: ServiceDependencies): Promise<void> {
  const startedAt = performance.now()
  const elapsed = (): number => Math.max(1, Math.round(performance.now() - startedAt))
  const requestId = randomUUID()
  const method = request.method ?? ''
  const [path = ''] = (request.url ?? '').split('?')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  // Writing to a client that is gone is no fault of ours; 'close' has told.
  response.on('error', () => gone.abort())

  const { reply, details } = await run({ request, method, path, signal: gone.signal, elapsed }, dependencies)
  const isAbandoned = gone.signal.aborted || !request.complete
  if (!isAbandoned) send(response, reply, requestId)
  // What fails because the client is gone is no failure of the emulator's.
  const { failure, ...named } = details
  const { statusCode } = reply
  dependencies.onRequest({
    requestId,
    method,
    path,
    statusCode,
    ...named,
    ...(!isAbandoned && failure !== undefined && { failure }),
    durationMilliseconds: elapsed(),
    isAbandoned,
  })
}

interface Arrival {
  readonly request: AnyRequest
  readonly method: string
  readonly path: string
  readonly signal: AbortSignal
  elapsed(): number
}

async function run(arrival: Arrival, { model, throttle }: ServiceDependencies): Promise<Outcome> {
  const { request, method, path, signal, elapsed } = arrival
  let routed: RoutedRequest | undefined
  try {
    // Read first: a refused request's body must be out of the way of the next one on the connection.
    const body = await readBody(request)
    routed = routeRequest(method, path)
    const { labels, resource, operation } = routed
    const headers = flattenHeaders(request)
    const answer = await operation({ labels, resource, path, headers, body, signal, throttle, model, elapsed })
    return { reply: successReply(answer), details: { operation: routed.name, ...answer.usage } }
  } catch (error) {
    return describeFailure(error, routed?.name)
  }
}

function successReply({ headers, body }: OperationAnswer): RestReply {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}

function describeFailure(error: unknown, operation: string | undefined): Outcome {
  const named = definedOnly({ operation })
  if (error instanceof BedrockError) {
    return { reply: errorReply(error), details: { ...named, errorType: error.name } }
  }
  const hidden = new BedrockError('InternalServerException', 'The emulator failed; its own output says why.')
  return { reply: errorReply(hidden), details: { ...named, errorType: hidden.name, failure: error } }
}

function send(response: AnyResponse, { statusCode, headers, body }: RestReply, requestId: string): void {
  // One signature for both protocols' responses; neither needs connection or transfer-encoding from us.
  response.statusCode = statusCode
  const all = { ...headers, 'content-length': String(body.length), 'x-amzn-requestid': requestId }
  for (const [name, value] of Object.entries(all)) response.setHeader(name, value)
  response.end(Buffer.from(body))
}

function flattenHeaders({ headers }: AnyRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
