import { isObject } from '../template/json.ts'
import { MalformedResponseError, type ResponseHead, readResponseHead } from './response-head.ts'

/** Delimiter after the metadata of a streamed answer. */
const DELIMITER = Buffer.alloc(8)

/** Metadata and delimiter are within the first 16 KB of a streamed answer. */
const PRELUDE_LIMIT_BYTES = 16 * 1024

const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'cookies'])

export interface StreamedAnswer {
  readonly head: ResponseHead
  /** First bytes of the body, which came with the prelude. */
  readonly start: Buffer
}

/**
 * Reads the metadata that begins a streamed answer: JSON and eight NUL bytes, cut into chunks anywhere. Throws a
 * MalformedResponseError for an answer without them.
 * Source: API Gateway developer guide, "Lambda proxy integration format for response streaming".
 */
export async function readMetadataPrelude(chunks: AsyncIterator<Buffer>): Promise<StreamedAnswer> {
  let received: Buffer = Buffer.alloc(0)
  for (;;) {
    const end = received.subarray(0, PRELUDE_LIMIT_BYTES).indexOf(DELIMITER)
    if (end >= 0) {
      return { head: parseMetadata(received.subarray(0, end)), start: received.subarray(end + DELIMITER.length) }
    }
    if (received.length >= PRELUDE_LIMIT_BYTES) {
      throw new MalformedResponseError(`no metadata within the first ${PRELUDE_LIMIT_BYTES} bytes`)
    }
    const next = await chunks.next()
    if (next.done)
      throw new MalformedResponseError(`the answer ended after ${received.length} bytes, within its metadata`)
    received = Buffer.concat([received, next.value])
  }
}

function parseMetadata(json: Buffer): ResponseHead {
  let metadata: unknown
  try {
    metadata = JSON.parse(json.toString('utf8'))
  } catch (cause) {
    throw new MalformedResponseError('the metadata is not JSON', { cause })
  }
  if (!isObject(metadata)) throw new MalformedResponseError('the metadata is not an object')
  const unknown = Object.keys(metadata).find((member) => !MEMBERS.has(member))
  if (unknown !== undefined) throw new MalformedResponseError(`the metadata has a member ${unknown}`)
  const { statusCode = 200, headers, multiValueHeaders, cookies } = metadata
  return readResponseHead({ statusCode, headers, multiValueHeaders, cookies })
}
