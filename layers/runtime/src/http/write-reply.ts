import type { RestReply } from '../errors/index.ts'

/**
 * Answers an HTTP event through Lambda's response streaming: status and headers as the metadata prelude, then the body.
 * The prelude leaves with the first write, so even an empty body is written.
 */
export function writeHttpReply(responseStream: awslambda.HttpResponseStream, reply: RestReply): void {
  const { statusCode, headers, body } = reply
  const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode, headers })
  stream.write(body)
  stream.end()
}

/** Answers a direct event with plain JSON: there is no gateway that would take a prelude off. */
export function writeDirectReply(responseStream: awslambda.HttpResponseStream, document: Uint8Array): void {
  responseStream.setContentType('application/json')
  responseStream.write(document)
  responseStream.end()
}
