import { clientRetries, STREAM_OPERATIONS, type StreamOperationName } from '@bedrock-functions/runtime/bedrock'
import type { Configuration, StreamReply } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { chooseFormat, forwardStream } from '@bedrock-functions/runtime/http/stream'
import type { Pipeline } from '@bedrock-functions/runtime/pipeline'

export interface StreamDependencies {
  readonly configuration: Pick<Configuration, 'streamSilenceLimitMs' | 'functionUrlSilenceLimitMs'>
  readonly pipeline: Pick<Pipeline, 'open'>
}

/** Interval that is shorter than proxies' idle limits: 60 s is common, API Gateway's is 5 minutes. */
const HEARTBEAT_MS = 10_000

export function createRoutes(dependencies: StreamDependencies): Route<StreamReply>[] {
  const operations = Object.keys(STREAM_OPERATIONS) as StreamOperationName[]
  return operations.map((operation) => createStreamRoute(operation, dependencies))
}

/**
 * Creates a route whose answer begins with Bedrock's first event, so that an earlier failure still gets its HTTP status.
 */
function createStreamRoute(
  operation: StreamOperationName,
  { configuration, pipeline }: StreamDependencies,
): Route<StreamReply> {
  return {
    operation,
    ...STREAM_OPERATIONS[operation],
    async handle({ request, labels, ...options }) {
      const { accept, ...headers } = request.headers
      const format = chooseFormat(accept, STREAM_OPERATIONS[operation].streamErrors)
      const { body, caller, source } = request
      // API Gateway closes a silent connection after 5 minutes. A function URL does not.
      const silenceLimitMs =
        source === 'function-url' ? configuration.functionUrlSilenceLimitMs : configuration.streamSilenceLimitMs
      const asked = { operation, modelId: labels.modelId ?? '', headers, body, caller, replyHeaders: {} }
      const stream = await pipeline.open(asked, { ...options, silenceLimitMs, retry: !clientRetries(headers) })
      return {
        statusCode: 200,
        headers: { ...stream.headers, ...format.headers, 'content-type': format.contentType },
        async forward(sink, remainingMs) {
          const end = await forwardStream(stream.source, sink, {
            ...stream,
            format,
            silenceLimitMs,
            heartbeatMs: HEARTBEAT_MS,
            remainingMs,
          })
          stream.ended(end)
          return end
        },
      }
    },
  }
}
