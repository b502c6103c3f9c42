import type { Context } from 'aws-lambda'
import type { Configuration } from '../core/configuration.ts'
import { BedrockError, describeRequestId, errorReply, RestError, type RestReply } from '../core/errors.ts'
import {
  type CallRecord,
  deferSpan,
  describeFailure,
  logger,
  recordCall,
  traceCall,
  withTimeout,
} from '../core/logging.ts'
import type { Defer, Facts, StreamEnd, StreamReply } from '../core/model-call.ts'
import { findDeadline, startDeadline, withoutReserve } from './deadline.ts'
import { findHttpSource, readHttpEvent } from './read-event.ts'
import { type FunctionRequest, findRoute, type Route } from './route.ts'

export type Reply = RestReply | StreamReply

export interface ServeOptions<Result extends Reply> {
  readonly routes: readonly Route<Result>[]
  readonly configuration: Pick<
    Configuration,
    'requestTimeoutMs' | 'corsAllowOrigin' | 'logErrorMessages' | 'callerUnit'
  >
}

export interface ServeHttpOptions extends ServeOptions<Reply> {
  /** Logical id of the function for direct events, if there is one. */
  readonly eventFunction?: string
}

export interface ServeEventOptions extends ServeOptions<RestReply> {
  /** Logical id of the function for HTTP. */
  readonly httpFunction: string
}

export type StreamingHandler = (
  event: unknown,
  responseStream: awslambda.HttpResponseStream,
  context: Context,
) => Promise<void>

/**
 * Creates a streaming handler for events of API Gateway and function URLs. It writes every result, also a failure, as an HTTP
 * response into the response stream.
 *
 * It refuses other events. Lambda sends the error of a streaming handler as HTTP trailers, which not every caller sees, so the
 * body has the error, too.
 */
export function serveHttp(options: ServeHttpOptions): StreamingHandler {
  const { callerUnit, corsAllowOrigin } = options.configuration
  return async (event, responseStream, context) => {
    const source = findHttpSource(event)
    const { result, facts, elapsedMs, toErrorReply, finish } = await runCall(options, context, {
      read: () => {
        if (source) return readHttpEvent(event, source, callerUnit)
        throw new BedrockError(
          'ValidationException',
          options.eventFunction === undefined
            ? 'This function answers HTTP requests only.'
            : `This function answers HTTP requests only. Invoke ${options.eventFunction} of the stack with direct events.`,
        )
      },
      toResult: (reply) => reply,
    })
    if (!source && result instanceof RestError) {
      responseStream.setContentType('application/json')
      responseStream.write(JSON.stringify({ errorType: result.name, errorMessage: result.message }))
      await finish()
      throw result
    }
    let reply = result instanceof RestError ? await toErrorReply(result) : result
    if (source === 'rest-api') reply = allowOrigin(reply, corsAllowOrigin)
    const { statusCode, headers } = reply
    // The first write also sends status and headers, so even an empty body must be written.
    const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode, headers })
    if ('forward' in reply) {
      facts.firstEventMs = Math.round(elapsedMs())
      const end = await reply.forward(stream, withoutReserve(context.getRemainingTimeInMillis()))
      Object.assign(facts, describeStream(end, facts.firstEventMs))
      await finish(end)
    } else {
      stream.write(reply.body)
      stream.end()
      await finish()
    }
  }
}

const EXPOSED_HEADERS = [
  'request-id',
  'x-request-id',
  'x-should-retry',
  'location',
  'preference-applied',
  'x-amzn-requestid',
  'x-amzn-errortype',
  'x-amzn-bedrock-content-type',
  'x-amzn-bedrock-input-token-count',
  'x-amzn-bedrock-output-token-count',
  'x-amzn-bedrock-invocation-latency',
]

/** Prefix of the suite's own headers. */
const OWN_HEADER_PREFIX = 'x-bedrock-functions-'

/** Adds CORS headers to an answer through API Gateway. A function URL adds them itself. */
function allowOrigin(reply: Reply, origin: string | undefined): Reply {
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
    // A single event has no speed.
    ...(outputTokens !== undefined &&
      streamingMs > 0 &&
      events > 1 && { tokensPerSecond: Math.round((10_000 * outputTokens) / streamingMs) / 10 }),
  }
}

/** Outcome of a call, before it is answered. */
export interface CallOutcome<Result> {
  /** Result, or the failure in Bedrock's shape. */
  readonly result: Result | RestError
  readonly facts: Facts
  /** Milliseconds since the call began. */
  elapsedMs(): number
  /** Turns a failure into an HTTP response of the route's contract. */
  toErrorReply(error: RestError): Promise<RestReply>
  /** Records the call and does its deferred work. Must be called after the answer was sent. */
  finish(end?: StreamEnd): Promise<void>
}

export interface CallSteps<Answer extends Reply, Result> {
  /** Reads the event. */
  read(): FunctionRequest
  /** Converts a reply to the form of the event's answer. */
  toResult(reply: Answer, route: Route<Answer>): Result
}

/** State of an invocation, for its record. Each step fills in its part, since the next may fail. */
interface Progress<Answer extends Reply> {
  request?: FunctionRequest
  route?: Route<Answer>
  gatewayRequestId?: string
  readonly deferred: DeferredWork
  readonly facts: Facts
}

/**
 * Runs one call, for every kind of handler: read the event, find the route, call it within its deadline, record. Never
 * throws.
 */
export async function runCall<Answer extends Reply, Result>(
  options: ServeOptions<Answer>,
  context: Context,
  { read, toResult }: CallSteps<Answer, Result>,
): Promise<CallOutcome<Result>> {
  const started = performance.now()
  logger.addContext(context)
  const elapsedMs = () => performance.now() - started
  const progress: Progress<Answer> = { facts: {}, deferred: createDeferredWork() }
  let result: Result | RestError
  let statusCode: number
  try {
    const { reply, route } = await callRoute(read(), options, context, progress)
    result = toResult(reply, route)
    statusCode = reply.statusCode
  } catch (thrown) {
    const error = toKnownError(thrown)
    result = error
    statusCode = error.statusCode
    Object.assign(progress.facts, describeRequestId(error))
  }
  return {
    result,
    facts: progress.facts,
    elapsedMs,
    async toErrorReply(error) {
      const { route, request, facts } = progress
      return route?.toErrorReply && request ? route.toErrorReply(error, request, facts) : errorReply(error)
    },
    async finish(end) {
      const { route, request, gatewayRequestId, facts, deferred } = progress
      const record: CallRecord = {
        operation: route?.operation ?? 'Unknown',
        statusCode,
        durationMs: elapsedMs(),
        facts,
        withCauseMessage: options.configuration.logErrorMessages,
        ...(result instanceof RestError && { errorType: result.name, cause: result.cause }),
        ...(end && { ended: end.ended, cause: end.cause }),
        ...(gatewayRequestId !== undefined && { gatewayRequestId }),
      }
      recordCall(record)
      deferSpan(record, deferred.defer, request?.headers.traceparent)
      await deferred.settle(withoutReserve(context.getRemainingTimeInMillis()))
    },
  }
}

async function callRoute<Answer extends Reply>(
  request: FunctionRequest,
  options: ServeOptions<Answer>,
  context: Context,
  progress: Progress<Answer>,
): Promise<{ reply: Answer; route: Route<Answer> }> {
  progress.request = request
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
    const reply = await traceCall(
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
    return { reply, route }
  } finally {
    deadline.stop()
  }
}

/** Turns an internal fault into an InternalServerException without details, which are only in the log. */
function toKnownError(error: unknown): RestError {
  if (error instanceof RestError) return error
  return new BedrockError(
    'InternalServerException',
    'The function failed. Its log has the cause under the id of the request.',
    {
      cause: error,
    },
  )
}

/** Deferred work of an invocation. */
export interface DeferredWork {
  readonly defer: Defer
  /**
   * Does all deferred work concurrently, after the answer and before the invocation ends: Lambda then freezes the sandbox.
   * It never throws.
   *
   * @param limitMs time after which unfinished work is abandoned
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
    await withTimeout(limitMs, task())
  } catch (error) {
    logger.error(`${name} failed`, describeFailure(error))
  }
}
