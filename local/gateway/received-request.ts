import type { AnyRequest } from '../net/dual-protocol-server.ts'
import { schemeOf } from '../net/origin.ts'

/** Request from the wire, before a service makes its event. */
export interface ReceivedRequest {
  readonly method: string
  /** Percent-encoded path, not normalised: the function decides on `..`, `//` and `%2F`. */
  readonly rawPath: string
  /** Query without its question mark; empty: there is none. */
  readonly rawQuery: string
  /** Headers in their original order and letter case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly protocol: string
  readonly scheme: 'http' | 'https'
  readonly sourceIp: string
}

/** Splits a request target. `new URL()` would normalise paths and throw for hostile ones. */
export function receiveRequest(request: AnyRequest): ReceivedRequest {
  const target = withoutOrigin(request.url ?? '')
  const question = target.indexOf('?')
  return {
    method: request.method ?? '',
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers: readHeaders(request),
    protocol: `HTTP/${request.httpVersion}`,
    scheme: schemeOf(request),
    sourceIp: request.socket?.remoteAddress ?? '127.0.0.1',
  }
}

/** The first value of a header, whatever the letter case of its name. */
export function headerValue(request: ReceivedRequest, name: string): string | undefined {
  return request.headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1]
}

/** Host of the request, as request contexts name it. */
export function requestedDomain(request: ReceivedRequest): { domainName: string; domainPrefix: string } {
  const domainName = (headerValue(request, 'host') ?? 'localhost').replace(/:\d+$/, '')
  return { domainName, domainPrefix: domainName.split('.')[0] ?? '' }
}

/** Removes scheme and host of the absolute form (`GET http://host/path`). */
function withoutOrigin(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '')
}

function readHeaders(request: AnyRequest): [string, string][] {
  const { rawHeaders } = request
  const headers: [string, string][] = []
  const cookies: string[] = []
  for (let position = 0; position + 1 < rawHeaders.length; position += 2) {
    const name = rawHeaders[position] ?? ''
    const value = rawHeaders[position + 1] ?? ''
    if (name === ':authority') headers.push(['host', value])
    // HTTP/2 may send each cookie by itself (RFC 9113, 8.2.3).
    else if (name.toLowerCase() === 'cookie') cookies.push(value)
    else if (!name.startsWith(':')) headers.push([name, value])
  }
  if (cookies.length > 0) headers.push(['cookie', cookies.join('; ')])
  return headers
}
