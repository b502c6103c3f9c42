import {
  type Bedrock,
  describeWay,
  passedOn,
  retriesByItself,
  STREAM_OPERATIONS,
  type StreamOperationName,
} from '@bedrock-functions/runtime/bedrock'
import type { Configuration, ModelCall } from '@bedrock-functions/runtime/core'
import type { Route } from '@bedrock-functions/runtime/http'
import { chooseFormat, followConverse, followInvokeModel, forwardStream } from '@bedrock-functions/runtime/http/stream'
import type { CostMeter, Memory } from '@bedrock-functions/runtime/pipeline'
import { type CallPipeline, callWithFallback, toModelRequest } from '@bedrock-functions/runtime/pipeline'

export interface StreamDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Pick<Configuration, 'streamSilenceLimitMs'>
  readonly pipeline: CallPipeline
  readonly meter: CostMeter
  readonly memory: Pick<Memory, 'activityLog'>
}

/** Shorter than the idle limits of what stands between: 60 s are common, API Gateway's is 5 minutes. */
const HEARTBEAT_MS = 10_000

const FOLLOW = { ConverseStream: followConverse, InvokeModelWithResponseStream: followInvokeModel } as const

export function createRoutes(dependencies: StreamDependencies): Route[] {
  const operations = Object.keys(STREAM_OPERATIONS) as StreamOperationName[]
  return operations.map((operation) => createStreamRoute(operation, dependencies))
}

/** A route whose answer begins with Bedrock's first event, so that until then it can still be an error with a status. */
function createStreamRoute(operation: StreamOperationName, dependencies: StreamDependencies): Route {
  const { bedrock, configuration, pipeline, meter, memory } = dependencies
  return {
    operation,
    ...STREAM_OPERATIONS[operation],
    async handle({ request, labels, signal, remainingMs, afterwards, facts }) {
      const { streamErrors } = STREAM_OPERATIONS[operation]
      const format = chooseFormat(request.headers.accept, streamErrors)
      const { accept: _, ...headers } = request.headers
      const { body, caller } = request
      const modelId = labels.modelId ?? ''
      const asked: ModelCall = { operation, modelId, headers, body, caller, replyHeaders: {}, facts }
      const record = memory.activityLog.begin(asked, afterwards)

      async function open(planned: ModelCall, retry: boolean) {
        const prepared = await pipeline.prepare(planned)
        facts.modelId = prepared.modelId
        const opening = bedrock.openStream(toModelRequest(prepared), { signal, retry })
        const bill = meter.begin({ ...prepared, facts })
        const opened = await opening.catch((error: unknown) => {
          throw pipeline.explain(error, prepared.modelId)
        })
        Object.assign(facts, describeWay(opened))
        return {
          source: opened.source,
          headers: { ...passedOn(opened.headers), ...prepared.replyHeaders },
          transform: await bill.ofStream(opened.headers),
        }
      }

      try {
        const { source, headers, transform } = await callWithFallback({
          calls: await pipeline.plan(asked),
          retry: !retriesByItself(request),
          signal,
          remainingMs,
          send: open,
        })
        const progress = FOLLOW[operation]()
        return {
          statusCode: 200,
          headers: { ...headers, ...record?.headers, ...format.headers, 'content-type': format.contentType },
          async forward(sink, remainingMs) {
            const end = await forwardStream(source, sink, {
              format,
              progress: record?.follow(progress) ?? progress,
              silenceLimitMs: configuration.streamSilenceLimitMs,
              heartbeatMs: HEARTBEAT_MS,
              remainingMs,
              transform,
            })
            record?.ended(end)
            return end
          },
        }
      } catch (error) {
        record?.failed(error)
        throw error
      }
    },
  }
}
