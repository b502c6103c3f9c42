import { BedrockError, type RestError, type RestReply } from '../core/errors.ts'
import type { Defer, Facts, StreamReply } from '../core/model-call.ts'

/** Call of a route. */
export interface Call {
  readonly request: FunctionRequest
  /** Values of the path's labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Signal that ends the call at its deadline. Its reason is the error that the caller gets. */
  readonly signal: AbortSignal
  /** Milliseconds until the deadline. */
  readonly remainingMs: () => number
  /** Defers work that the caller need not wait for. */
  readonly defer: Defer
  /** Facts for the log. The route adds to them, also before a failure. */
  readonly facts: Facts
}

export interface Route<Reply extends RestReply | StreamReply = RestReply> {
  /** Bedrock's name of the operation, also used by direct events. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly headerMembers?: Readonly<Record<string, string>>
  /** Paths of members that are a document or its JSON text, e.g. `input.converse`. */
  readonly textMembers?: readonly string[]
  handle(call: Call): Promise<Reply>
  /** Turns a failure into a response of another contract than Bedrock's. `facts` are those of the call until then. */
  toErrorReply?(error: RestError, request: FunctionRequest, facts: Facts): Promise<RestReply>
}

/** @throws BedrockError UnknownOperationException */
export function findRoute<Reply extends RestReply | StreamReply>(
  request: FunctionRequest,
  routes: readonly Route<Reply>[],
): { route: Route<Reply>; labels: Record<string, string> } {
  for (const route of routes) {
    const labels = route.method === request.method && matchPath(route.path, request.segments)
    if (labels) return { route, labels }
  }
  throw new BedrockError(
    'UnknownOperationException',
    `No operation is at ${request.method} /${request.segments.map(encodeURIComponent).join('/')}.`,
  )
}

function matchPath(path: string, segments: readonly string[]): Record<string, string> | undefined {
  const pattern = path.split('/').slice(1)
  if (pattern.length !== segments.length) return undefined
  const labels: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) labels[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  return labels
}

/** Request to a function, independent of the kind of event. */
export interface FunctionRequest {
  readonly method: string
  /** Path segments, each percent-decoded once. An ARN is one segment with slashes. */
  readonly segments: readonly string[]
  /** Decoded query; the last value of a repeated parameter. */
  readonly query: Readonly<Record<string, string>>
  /** Headers with lower-case names; values of a repeated header are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Service between caller and function. It decides on limits and on the form of the answer. */
  readonly source: 'rest-api' | 'function-url' | 'direct'
  /** Identity of the caller, as AWS verified it; undefined for an unauthenticated caller. */
  readonly caller: string | undefined
  /** Request id of API Gateway or the function URL, for their logs. */
  readonly gatewayRequestId?: string
}
