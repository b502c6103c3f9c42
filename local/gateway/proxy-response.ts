import { isObject } from '../template/json.ts'
import { MalformedResponseError, type ResponseHead, readResponseHead } from './response-head.ts'

export interface ProxyResponse extends ResponseHead {
  readonly body: string
}

const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'])

/**
 * What a function returns to a buffered proxy integration. Throws a MalformedResponseError for anything else.
 *
 * `isBase64Encoded` changes nothing: API Gateway decodes only if the request accepts a media type among
 * binaryMediaTypes, and the stack's buffered replies are text.
 * Source: API Gateway developer guide, "Output format of a Lambda function for proxy integration".
 */
export function readProxyResponse(payload: Buffer): ProxyResponse {
  const value = parse(payload)
  if (!isObject(value)) throw new MalformedResponseError('the proxy response is not an object')
  const unknown = Object.keys(value).find((member) => !MEMBERS.has(member))
  if (unknown !== undefined) throw new MalformedResponseError(`the proxy response has a member ${unknown}`)
  const { statusCode, headers, multiValueHeaders, body = null } = value
  if (body !== null && typeof body !== 'string') throw new MalformedResponseError('body is not text')
  return { ...readResponseHead({ statusCode, headers, multiValueHeaders }), body: body ?? '' }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch (cause) {
    throw new MalformedResponseError('the proxy response is not JSON', { cause })
  }
}
