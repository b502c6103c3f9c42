import { isObject } from '../template/json.ts'
import type { BufferedAnswer } from './integration.ts'
import { readMetadataPrelude, type StreamedAnswer } from './metadata-prelude.ts'
import { MalformedResponseError, readResponseHead } from './response-head.ts'

/** What the runtime announces where a metadata prelude begins the stream. */
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response'

/** What the runtime announces where a function sets no content type. */
const DEFAULT_STREAM_TYPE = 'application/octet-stream'

/**
 * What a function returns to a URL that is BUFFERED: a response in format 2.0, or else any JSON, which is then the body.
 * Throws a MalformedResponseError. Source: Lambda developer guide, "Response payload format".
 */
export function readFunctionUrlResponse(payload: Buffer): BufferedAnswer {
  const value = parse(payload)
  if (!isObject(value) || value.statusCode === undefined) {
    return { statusCode: 200, headers: [['content-type', ['application/json']]], body: payload }
  }
  const { statusCode, headers, cookies, body = '', isBase64Encoded } = value
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    ...readResponseHead({ statusCode, headers, multiValueHeaders: undefined, cookies }),
    body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  }
}

/**
 * The beginning of what a function streams to a URL with RESPONSE_STREAM. A stream without metadata is an answer with
 * status 200; it begins with its first chunk, so that a function which fails before is still answered for with 502.
 */
export async function readFunctionUrlStream(
  contentType: string,
  chunks: AsyncIterator<Buffer>,
): Promise<StreamedAnswer> {
  if (contentType.startsWith(WITH_PRELUDE)) return readMetadataPrelude(chunks)
  const first = await chunks.next()
  return {
    head: { statusCode: 200, headers: [['content-type', [contentType || DEFAULT_STREAM_TYPE]]] },
    start: first.done ? Buffer.alloc(0) : first.value,
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch (cause) {
    throw new MalformedResponseError('the response is not JSON', { cause })
  }
}
