import { clientRetries, STREAM_OPERATIONS, type StreamOperationName } from '@bedrock-functions/runtime/bedrock'
import type { Configuration, JobsConfiguration, RestReply, StreamReply } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { chooseFormat } from '@bedrock-functions/runtime/http/stream'
import type { Pipeline, StoreLoader } from '@bedrock-functions/runtime/pipeline'
import { createAudioRoute } from './audio-route.ts'
import { createDoorRoutes } from './door-routes.ts'
import { replyWithStream, type SilenceLimits, silenceLimitOf } from './reply-with-stream.ts'

export interface StreamDependencies {
  readonly configuration: SilenceLimits & Pick<Configuration, 'bedrockDoors' | 'storesResponses'>
  readonly pipeline: Pipeline
  /** Store of the stack's bucket; undefined if the stack has none. */
  readonly loadStore?: StoreLoader | undefined
  /** Undefined if the stack has no jobs. */
  readonly jobs?: JobsConfiguration | undefined
}

export function createRoutes(dependencies: StreamDependencies): Route<RestReply | StreamReply>[] {
  const operations = Object.keys(STREAM_OPERATIONS) as StreamOperationName[]
  return [
    ...operations.map((operation) => createStreamRoute(operation, dependencies)),
    createAudioRoute(dependencies),
    ...createDoorRoutes(dependencies),
  ]
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
      const { body, caller } = request
      const silenceLimitMs = silenceLimitOf(request, configuration)
      const asked = { operation, modelId: labels.modelId ?? '', headers, body, caller, replyHeaders: {} }
      const stream = await pipeline.open(asked, { ...options, silenceLimitMs, retry: !clientRetries(headers) })
      return replyWithStream(stream, format, silenceLimitMs)
    },
  }
}
