import { BedrockError, type RestReply } from '../core/errors.ts'
import type { Defer, Facts } from '../core/model-call.ts'
import type { StreamReply } from '../core/stream-reply.ts'
import type { FunctionRequest } from './request.ts'

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

export interface Route {
  /** Bedrock's name of the operation; direct events use it, too. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly headerMembers?: Readonly<Record<string, string>>
  handle(call: Call): Promise<RestReply | StreamReply>
}

/** @throws BedrockError UnknownOperationException */
export function findRoute(
  request: FunctionRequest,
  routes: readonly Route[],
): { route: Route; labels: Record<string, string> } {
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
