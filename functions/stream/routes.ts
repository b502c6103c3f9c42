import {
  type Bedrock,
  describeWay,
  passedOn,
  retriesByItself,
  STREAM_OPERATIONS,
  type StreamOperationName,
  toBedrockRequest,
} from '@bedrock-functions/runtime/bedrock'
import type { Configuration } from '@bedrock-functions/runtime/configuration'
import type { Route } from '@bedrock-functions/runtime/http'
import { chooseFormat, followConverse, followInvokeModel, forwardStream } from '@bedrock-functions/runtime/streaming'

export interface StreamDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Configuration
}

/** Shorter than the idle limits of what stands between: 60 s are common, API Gateway's is 5 minutes. */
const HEARTBEAT_MS = 10_000

const FOLLOW = { ConverseStream: followConverse, InvokeModelWithResponseStream: followInvokeModel } as const

export function createRoutes(dependencies: StreamDependencies): Route[] {
  const operations = Object.keys(STREAM_OPERATIONS) as StreamOperationName[]
  return operations.map((operation) => createStreamRoute(operation, dependencies))
}

/** A route whose answer begins with Bedrock's first event, so that until then it can still be an error with a status. */
function createStreamRoute(operation: StreamOperationName, { bedrock, configuration }: StreamDependencies): Route {
  return {
    operation,
    ...STREAM_OPERATIONS[operation],
    async handle(call) {
      const { streamErrors } = STREAM_OPERATIONS[operation]
      const format = chooseFormat(call.request.headers.accept, streamErrors)
      const { accept: _, ...headers } = call.request.headers
      const request = toBedrockRequest(
        { ...call, request: { ...call.request, headers } },
        STREAM_OPERATIONS[operation],
        configuration,
      )
      const opened = await bedrock.openStream(request, {
        signal: call.signal,
        retry: !retriesByItself(call.request),
      })
      Object.assign(call.facts, describeWay(opened))
      return {
        statusCode: 200,
        headers: { ...passedOn(opened.headers), ...format.headers, 'content-type': format.contentType },
        forward: (sink, remainingMs) =>
          forwardStream(opened.source, sink, {
            format,
            progress: FOLLOW[operation](),
            silenceLimitMs: configuration.streamSilenceLimitMs,
            heartbeatMs: HEARTBEAT_MS,
            remainingMs,
          }),
      }
    },
  }
}
