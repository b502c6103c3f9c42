import { BedrockError, type RestReply } from '../core/errors.ts'
import type { Defer, Facts, StreamReply } from '../core/model-call.ts'

/** A call that has found its route. */
export interface Call {
  readonly request: FunctionRequest
  /** Values of the path's labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Ends the call in time; its reason is the error that the caller gets. */
  readonly signal: AbortSignal
  /** Milliseconds until `signal` ends it. */
  readonly remainingMs: () => number
  /** Defers work that the caller need not wait for. */
  readonly defer: Defer
  /** The route adds what it learns, also before it fails. */
  readonly facts: Facts
}

export interface Route<Reply extends RestReply | StreamReply = RestReply> {
  /** Bedrock's name of the operation; direct events use it, too. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly headerMembers?: Readonly<Record<string, string>>
  /** Paths of members that hold a whole document and may be given as its JSON text, e.g. `input.converse`. */
  readonly textMembers?: readonly string[]
  handle(call: Call): Promise<Reply>
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

/** One call of a function, whatever kind of event it came in. Only the event readers know other forms. */
export interface FunctionRequest {
  readonly method: string
  /** Path segments, each percent-decoded once; an ARN is one segment with slashes in it. */
  readonly segments: readonly string[]
  /** Decoded; the last value of a repeated one. */
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; values of a repeated header joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The service between caller and function. It decides on limits and on the form of the answer. */
  readonly source: 'rest-api' | 'function-url' | 'direct'
  /** The caller as AWS verified it; undefined where nobody was authenticated. */
  readonly caller: string | undefined
  /** API Gateway's or the function URL's id of the request, to find it in their logs. */
  readonly gatewayRequestId?: string
}
