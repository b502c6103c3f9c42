import type { Configuration, StreamReply } from '@bedrock-functions/runtime/core'
import type { FunctionRequest } from '@bedrock-functions/runtime/http'
import { forwardStream, type StreamFormat } from '@bedrock-functions/runtime/http/stream'
import type { ModelStream } from '@bedrock-functions/runtime/pipeline'

/** Interval that is shorter than proxies' idle limits: 60 s is common, API Gateway's is 5 minutes. */
const HEARTBEAT_MS = 10_000

export type SilenceLimits = Pick<Configuration, 'streamSilenceLimitMs' | 'functionUrlSilenceLimitMs'>

/** Finds the longest silence of Bedrock: API Gateway closes a silent connection after 5 minutes, a function URL does not. */
export function silenceLimitOf({ source }: Pick<FunctionRequest, 'source'>, limits: SilenceLimits): number {
  return source === 'function-url' ? limits.functionUrlSilenceLimitMs : limits.streamSilenceLimitMs
}

/** Makes the reply that forwards an open stream. */
export function replyWithStream(stream: ModelStream, format: StreamFormat, silenceLimitMs: number): StreamReply {
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
}
