import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isObject } from '../template/json.ts'

/** Status and headers of a function's answer, valid for the wire. */
export interface ResponseHead {
  readonly statusCode: number
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[]
}

/** Error of a function's answer that is not an HTTP response for API Gateway. */
export class MalformedResponseError extends Error {}

/**
 * Headers that API Gateway keeps for itself: a function's own arrives as `x-amzn-remapped-<name>`.
 * Source: API Gateway developer guide, "Amazon API Gateway important notes".
 */
const REMAPPED = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'www-authenticate',
  'x-amzn-requestid',
])

export interface HeadFields {
  readonly statusCode: unknown
  readonly headers: unknown
  readonly multiValueHeaders: unknown
  readonly cookies?: unknown
}

/** Throws a MalformedResponseError that says which member is wrong. */
export function readResponseHead(fields: HeadFields): ResponseHead {
  const headers = new Map<string, readonly string[]>()
  for (const [name, value] of entries(fields.headers, 'headers')) headers.set(name.toLowerCase(), [text(name, value)])
  // The multi-value headers have all values of a name that is in both.
  for (const [name, values] of entries(fields.multiValueHeaders, 'multiValueHeaders')) {
    if (!Array.isArray(values)) throw new MalformedResponseError(`multiValueHeaders.${name} is not a list`)
    headers.set(
      name.toLowerCase(),
      values.map((value) => text(name, value)),
    )
  }
  if (fields.cookies !== undefined && fields.cookies !== null) {
    if (!Array.isArray(fields.cookies)) throw new MalformedResponseError('cookies is not a list')
    const cookies = fields.cookies.map((cookie) => text('set-cookie', cookie))
    headers.set('set-cookie', [...(headers.get('set-cookie') ?? []), ...cookies])
  }
  return {
    statusCode: readStatusCode(fields.statusCode),
    headers: [...headers].map(([name, values]) => [REMAPPED.has(name) ? `x-amzn-remapped-${name}` : name, values]),
  }
}

function readStatusCode(value: unknown): number {
  const statusCode = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 200 && statusCode <= 599) {
    return statusCode
  }
  throw new MalformedResponseError(`statusCode is ${JSON.stringify(value)}`)
}

function entries(value: unknown, member: string): [string, unknown][] {
  if (value === undefined || value === null) return []
  if (!isObject(value)) throw new MalformedResponseError(`${member} is not a map`)
  return Object.entries(value)
}

function text(name: string, value: unknown): string {
  if (typeof value === 'object') throw new MalformedResponseError(`header ${name} is not text`)
  try {
    validateHeaderName(name)
    validateHeaderValue(name, String(value))
  } catch (cause) {
    throw new MalformedResponseError(`header ${name} has characters that HTTP does not allow`, { cause })
  }
  return String(value)
}
