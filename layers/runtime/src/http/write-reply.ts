import type { RestReply } from '../core/errors.ts'
import type { FunctionRequest } from './request.ts'

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
