import type { Context } from 'aws-lambda'
import type { Configuration } from '../core/configuration.ts'
import { BedrockError, errorReply, RestError, type RestReply } from '../core/errors.ts'
import { describeFailure, logger, recordCall, traceCall, within } from '../core/logging.ts'
import type { Defer, Facts, StreamEnd, StreamReply } from '../core/model-call.ts'
import { findDeadline, startDeadline, withoutReserve } from './deadline.ts'
import { readDirectEvent } from './read-direct-event.ts'
import { findEventSource, readHttpEvent } from './read-event.ts'
import { type FunctionRequest, findRoute, type Route } from './route.ts'

export interface ServeOptions {
  readonly routes: readonly Route[]
  readonly configuration: Pick<
    Configuration,
    'requestTimeoutMs' | 'corsAllowOrigin' | 'logErrorMessages' | 'callerUnit'
  >
}

export type StreamingHandler = (
  event: unknown,
  responseStream: awslambda.HttpResponseStream,
  context: Context,
) => Promise<void>

/** What has become known of an invocation so far, for its record; filled in while it goes on, since it may fail any time. */
interface Progress {
  route?: Route
  gatewayRequestId?: string
  readonly deferred: DeferredWork
  readonly facts: Facts
}

/**
 * The way of every request through a function: read the event, find the route, call it within its deadline, answer in
 * the event's own form, and record. HTTP events are answered through the response stream whatever the outcome; a direct
 * event's failure is thrown, with Bedrock's name for it, as Step Functions expects.
 */
export function serve(options: ServeOptions): StreamingHandler {
  return async (event, responseStream, context) => {
    const started = performance.now()
    logger.addContext(context)
    const source = findEventSource(event)
    const progress: Progress = { facts: {}, deferred: createDeferredWork() }
    let error: RestError | undefined
    let reply: RestReply | StreamReply
    try {
      const { callerUnit } = options.configuration
      const request =
        source === 'direct'
          ? readDirectEvent(event, options.routes, callerUnit)
          : readHttpEvent(event, source, callerUnit)
      reply = await answer(request, options, context, progress)
    } catch (thrown) {
      error = toKnownError(thrown)
      reply = errorReply(error)
    }
    const { route, gatewayRequestId, facts } = progress
    if (source === 'rest-api') reply = allowOrigin(reply, options.configuration.corsAllowOrigin)
    let end: StreamEnd | undefined
    if ('forward' in reply) {
      facts.firstEventMs = Math.round(performance.now() - started)
      const remainingMs = withoutReserve(context.getRemainingTimeInMillis())
      end = await reply.forward(openReply(responseStream, source, reply), remainingMs)
      Object.assign(facts, describeStream(end, facts.firstEventMs))
    } else if (source !== 'direct') writeReply(responseStream, source, reply)
    else if (!error) writeReply(responseStream, source, directReply(route, reply))
    recordCall({
      operation: route?.operation ?? 'Unknown',
      statusCode: reply.statusCode,
      durationMs: performance.now() - started,
      facts,
      withCauseMessage: options.configuration.logErrorMessages,
      ...(error && { errorType: error.name, cause: error.cause }),
      ...(end && { ended: end.ended, cause: end.cause }),
      ...(gatewayRequestId !== undefined && { gatewayRequestId }),
    })
    await progress.deferred.settle(withoutReserve(context.getRemainingTimeInMillis()))
    if (error && source === 'direct') throw error
  }
}

const EXPOSED_HEADERS = [
  'location',
  'preference-applied',
  'x-amzn-requestid',
  'x-amzn-errortype',
  'x-amzn-bedrock-content-type',
  'x-amzn-bedrock-input-token-count',
  'x-amzn-bedrock-output-token-count',
  'x-amzn-bedrock-invocation-latency',
]

/** What this suite adds to Bedrock's answers. */
const OWN_HEADER_PREFIX = 'x-bedrock-functions-'

/** Behind API Gateway a function says itself which pages may read its answer; a function URL says so for it. */
function allowOrigin<Reply extends RestReply | StreamReply>(reply: Reply, origin: string | undefined): Reply {
  if (origin === undefined) return reply
  const own = Object.keys(reply.headers).filter((name) => name.startsWith(OWN_HEADER_PREFIX))
  const headers = {
    ...reply.headers,
    'access-control-allow-origin': origin,
    'access-control-expose-headers': [...EXPOSED_HEADERS, ...own].join(','),
  }
  return { ...reply, headers }
}

function describeStream({ events, begunAfterMs, streamingMs, usage }: StreamEnd, firstEventMs: number): Facts {
  const { outputTokens } = usage
  return {
    ...usage,
    events,
    ...(begunAfterMs !== undefined && { firstTokenMs: Math.round(firstEventMs + begunAfterMs) }),
    // One token has no speed.
    ...(outputTokens !== undefined &&
      streamingMs > 0 &&
      events > 1 && { tokensPerSecond: Math.round((10_000 * outputTokens) / streamingMs) / 10 }),
  }
}

async function answer(
  request: FunctionRequest,
  options: ServeOptions,
  context: Context,
  progress: Progress,
): Promise<RestReply | StreamReply> {
  if (request.gatewayRequestId !== undefined) progress.gatewayRequestId = request.gatewayRequestId
  if (request.caller !== undefined) progress.facts.caller = request.caller
  const { route, labels } = findRoute(request, options.routes)
  progress.route = route
  const deadline = startDeadline(
    findDeadline(request, {
      lambdaRemainingMs: context.getRemainingTimeInMillis(),
      requestTimeoutMs: options.configuration.requestTimeoutMs,
      now: Date.now(),
    }),
  )
  try {
    return await traceCall(
      route.operation,
      () =>
        route.handle({
          request,
          labels,
          signal: deadline.signal,
          remainingMs: deadline.remainingMs,
          defer: progress.deferred.defer,
          facts: progress.facts,
        }),
      () => progress.facts,
    )
  } finally {
    deadline.stop()
  }
}

/** A fault of ours is told as such and no more; what it was is in the log. */
function toKnownError(error: unknown): RestError {
  if (error instanceof RestError) return error
  return new BedrockError('InternalServerException', "The function failed; its log says where, by the request's id.", {
    cause: error,
  })
}

/** What a direct caller gets: Bedrock's document, or for InvokeModel the native body beside the members that are headers. */
function directReply(route: Route | undefined, reply: RestReply): RestReply {
  if (!route?.headerMembers) return reply
  const members: Record<string, string> = {}
  for (const [member, header] of Object.entries(route.headerMembers)) {
    const value = reply.headers[header]
    if (value !== undefined) members[member] = value
  }
  const start = JSON.stringify(members).slice(0, -1)
  // JSON goes in as it is, media as Bedrock's documents carry bytes: in base64.
  const isJson = /\bjson\b/.test(reply.headers['content-type'] ?? '')
  const value = isJson ? reply.body : Buffer.from(JSON.stringify(Buffer.from(reply.body).toString('base64')))
  const body = Buffer.concat([Buffer.from(`${start}${start === '{' ? '' : ','}"body":`), value, Buffer.from('}')])
  return { ...reply, headers: { 'content-type': 'application/json' }, body }
}

/**
 * Begins the answer to an event: for HTTP with status and headers as Lambda's metadata prelude; for a direct event with
 * nothing before the body, since there is no gateway that would take a prelude off.
 *
 * The prelude leaves with the first write, so even an empty body must be written.
 */
export function openReply(
  responseStream: awslambda.HttpResponseStream,
  source: FunctionRequest['source'],
  { statusCode, headers }: Pick<RestReply, 'statusCode' | 'headers'>,
): awslambda.HttpResponseStream {
  if (source !== 'direct') return awslambda.HttpResponseStream.from(responseStream, { statusCode, headers })
  responseStream.setContentType(headers['content-type'] ?? 'application/json')
  return responseStream
}

export function writeReply(
  responseStream: awslambda.HttpResponseStream,
  source: FunctionRequest['source'],
  reply: RestReply,
): void {
  const stream = openReply(responseStream, source, reply)
  stream.write(reply.body)
  stream.end()
}

/** The work that one invocation has deferred. */
export interface DeferredWork {
  readonly defer: Defer
  /**
   * Does all of it at once, after the answer and before the invocation ends: work that still runs then is frozen with the
   * sandbox. Never throws.
   *
   * @param limitMs milliseconds after which the rest is given up
   */
  settle(limitMs: number): Promise<void>
}

export function createDeferredWork(): DeferredWork {
  const tasks: { readonly name: string; readonly task: () => Promise<void> }[] = []
  return {
    defer(name, task) {
      tasks.push({ name, task })
    },
    async settle(limitMs) {
      await Promise.all(tasks.splice(0).map(({ name, task }) => settleOne(name, task, limitMs)))
    },
  }
}

async function settleOne(name: string, task: () => Promise<void>, limitMs: number): Promise<void> {
  try {
    await within(limitMs, task())
  } catch (error) {
    logger.error(`${name} failed`, describeFailure(error))
  }
}
