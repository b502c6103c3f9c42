import type { RestApiModel } from '../template/model.ts'
import { forwardedHeaders, lastValues, multiValues, parseQuery } from './event-fields.ts'
import type { ReceivedRequest } from './received-request.ts'
import type { RequestContext } from './request-context.ts'
import type { MatchedRoute } from './route-table.ts'

/** Parts of a proxy event. */
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
  const headers = multiValues(forwardedHeaders(received, traceRoot))
  const query = multiValues(parseQuery(received.rawQuery))
  const isBinary = api.binaryMediaTypes.includes(mediaTypeOf(lastValues(headers)))
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
      // A body of another media type is text; bytes that are not UTF-8 arrive as U+FFFD.
      body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
      isBase64Encoded: isBinary && body.length > 0,
    }),
  )
}

function mediaTypeOf(headers: Readonly<Record<string, string>>): string {
  const [, type = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return (type.split(';')[0] ?? '').trim().toLowerCase()
}

function nullIfEmpty<Values extends object>(values: Values): Values | null {
  return Object.keys(values).length === 0 ? null : values
}
