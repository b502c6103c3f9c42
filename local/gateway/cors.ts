import type { CorsModel } from '../template/model.ts'
import { headerValue, type ReceivedRequest } from './received-request.ts'
import type { ResponseHead } from './response-head.ts'

type Headers = ResponseHead['headers']

/**
 * A preflight never reaches a function whose URL has CORS; any other OPTIONS does.
 * Source: the Fetch standard, "CORS-preflight request".
 */
export function isPreflight(received: ReceivedRequest): boolean {
  return (
    received.method === 'OPTIONS' &&
    headerValue(received, 'origin') !== undefined &&
    headerValue(received, 'access-control-request-method') !== undefined
  )
}

/**
 * What a function URL answers a preflight with: all that it allows, whatever was asked for. To an origin that is not
 * allowed it says nothing, and the browser refuses by itself.
 */
export function preflightHeaders(cors: CorsModel, received: ReceivedRequest): Headers {
  const allowed = allowOrigin(cors, received)
  if (allowed.length === 0) return VARY
  return [
    ...VARY,
    ...allowed,
    ...list('access-control-allow-methods', cors.allowMethods),
    ...list('access-control-allow-headers', cors.allowHeaders),
    ...list('access-control-max-age', cors.maxAgeSeconds === undefined ? [] : [String(cors.maxAgeSeconds)]),
  ]
}

/** CORS headers that a function URL adds to all other answers, including its own errors. */
export function corsHeaders(cors: CorsModel, received: ReceivedRequest): Headers {
  const allowed = allowOrigin(cors, received)
  if (allowed.length === 0) return VARY
  return [...VARY, ...allowed, ...list('access-control-expose-headers', cors.exposeHeaders)]
}

/**
 * `head` with more headers. A function's own CORS headers stay beside those of its URL, and browsers refuse such an
 * answer, as in AWS. Source: Lambda developer guide, "Cross-origin resource sharing (CORS)".
 */
export function addHeaders<Head extends ResponseHead>(head: Head, added: Headers): Head {
  const headers = new Map(head.headers)
  // One line with commas means the same as several lines, which HTTP/2 of Node refuses for some of these headers.
  for (const [name, values] of added) headers.set(name, [[...(headers.get(name) ?? []), ...values].join(', ')])
  return { ...head, headers: [...headers] }
}

const VARY: Headers = [['vary', ['Origin']]]

/** Allowed origin. It is the origin itself even if `*` allows it, as seen in AWS (aws-powertools/powertools-lambda-python#4163). */
function allowOrigin(cors: CorsModel, received: ReceivedRequest): Headers {
  const origin = headerValue(received, 'origin')
  if (origin === undefined) return []
  if (!cors.allowOrigins.includes('*') && !cors.allowOrigins.includes(origin)) return []
  return [
    ['access-control-allow-origin', [origin]],
    ...list('access-control-allow-credentials', cors.allowCredentials ? ['true'] : []),
  ]
}

function list(name: string, values: readonly string[]): Headers {
  return values.length === 0 ? [] : [[name, [values.join(',')]]]
}
