import type { RestApiModel } from '../template/model.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { RequestContext } from './request-context.ts'
import type { MatchedRoute } from './route-table.ts'

/** What a proxy event is made from. */
export interface ProxyEventSource {
  readonly received: ReceivedRequest
  readonly body: Buffer
  readonly route: MatchedRoute
  readonly requestContext: RequestContext
  readonly api: RestApiModel
  /** `Root=…` of the X-Ray header. */
  readonly traceRoot: string
}

/**
 * The event of a REST API's Lambda proxy integration (payload version 1.0), as JSON.
 * Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
 */
export function buildProxyEvent({ received, body, route, requestContext, api, traceRoot }: ProxyEventSource): Buffer {
  const headers = multiValues([
    ...received.headers.filter(([name]) => !FORWARDED.has(name.toLowerCase())),
    ['X-Amzn-Trace-Id', traceRoot],
    ['X-Forwarded-For', received.sourceIp],
    ['X-Forwarded-Port', hostPort(received)],
    ['X-Forwarded-Proto', 'http'],
  ])
  const query = multiValues(parseQuery(received.rawQuery))
  return Buffer.from(
    JSON.stringify({
      resource: route.operation.resource,
      path: received.rawPath,
      httpMethod: received.method,
      headers: lastValues(headers),
      multiValueHeaders: headers,
      queryStringParameters: nullIfEmpty(lastValues(query)),
      multiValueQueryStringParameters: nullIfEmpty(query),
      pathParameters: nullIfEmpty(route.pathParameters),
      stageVariables: nullIfEmpty(api.stageVariables),
      requestContext,
      // Without binaryMediaTypes every body is text; bytes that are not UTF-8 arrive as U+FFFD.
      body: body.length === 0 ? null : body.toString('utf8'),
      isBase64Encoded: false,
    }),
  )
}

/** Headers that the gateway itself sets. */
const FORWARDED = new Set(['x-amzn-trace-id', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'])

function hostPort(received: ReceivedRequest): string {
  const host = received.headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  return /:(\d+)$/.exec(host ?? '')?.[1] ?? '80'
}

function multiValues(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  // Object.fromEntries defines its members: a header called __proto__ is one like any other.
  return Object.fromEntries(values)
}

function lastValues(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']))
}

function nullIfEmpty<Values extends object>(values: Values): Values | null {
  return Object.keys(values).length === 0 ? null : values
}

/** REST APIs deliver the query decoded. */
function parseQuery(rawQuery: string): [string, string][] {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
    })
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    // A bad escape stays as it came.
    return spaced
  }
}
