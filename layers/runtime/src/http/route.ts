import { BedrockError, type RestReply } from '../core/errors.ts'
import type { Afterwards } from './deferred-work.ts'
import type { Sink, StreamEnd } from './forward-stream.ts'
import type { FunctionRequest } from './request.ts'

/** What log, metrics and traces may say of a call: ids, counts, names; never its content. */
export type Facts = Record<string, string | number>

/** A call that has found its route. */
export interface Call {
  readonly request: FunctionRequest
  /** Values of the path's labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Ends the call in time; its reason is what the caller is told. */
  readonly signal: AbortSignal
  /** Milliseconds until `signal` ends it. */
  readonly remainingMs: () => number
  /** Puts off what the caller need not wait for. */
  readonly afterwards: Afterwards
  /** The route adds to it what it learns, also before it fails. */
  readonly facts: Facts
}

/** An answer that comes bit by bit, and has begun: what can be said of it by a status has been said. */
export interface StreamReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /**
   * Writes all of it and ends the sink.
   *
   * @param remainingMs milliseconds until the function must have ended
   */
  forward(sink: Sink, remainingMs: number): Promise<StreamEnd>
}

export interface Route {
  /** Bedrock's name of the operation, also what a direct event calls it by. */
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
