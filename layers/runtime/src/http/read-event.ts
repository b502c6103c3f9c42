import type { APIGatewayProxyEvent, LambdaFunctionURLEvent } from 'aws-lambda'
import { BedrockError } from '../core/errors.ts'
import { type CallerUnit, readCaller } from '../core/identity.ts'
import type { FunctionRequest } from './route.ts'

/** Body of an HTTP event of API Gateway or a function URL. */
interface EventBody {
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
}

type HttpSource = 'rest-api' | 'function-url'

type Single = Readonly<Record<string, string | undefined>> | null | undefined
type Multiple = Readonly<Record<string, string[] | undefined>> | null | undefined

/** Finds the source of an HTTP event by its shape; undefined for any other event. It never throws. */
export function findHttpSource(event: unknown): HttpSource | undefined {
  if (isRestApiEvent(event)) return 'rest-api'
  return isFunctionUrlEvent(event) ? 'function-url' : undefined
}

/**
 * Reads an HTTP event.
 *
 * @throws BedrockError ValidationException for a path that cannot be decoded
 */
export function readHttpEvent(event: unknown, source: HttpSource, callerUnit: CallerUnit): FunctionRequest {
  if (source === 'rest-api') {
    const { httpMethod, path, resource, requestContext, ...rest } = event as APIGatewayProxyEvent
    return {
      method: httpMethod,
      segments: decodeSegments(path).slice(-segmentCount(resource)),
      query: readQuery(rest.queryStringParameters, rest.multiValueQueryStringParameters),
      headers: readHeaders(rest.headers, rest.multiValueHeaders),
      body: readBody(rest),
      source,
      caller: readCaller(requestContext, callerUnit),
      gatewayRequestId: requestContext.requestId,
    }
  }
  const { rawPath, requestContext, ...rest } = event as LambdaFunctionURLEvent
  return {
    method: requestContext.http.method,
    segments: decodeSegments(rawPath),
    query: readQuery(rest.queryStringParameters),
    headers: readHeaders(rest.headers),
    body: readBody(rest),
    source,
    caller: readCaller(requestContext, callerUnit),
    gatewayRequestId: requestContext.requestId,
  }
}

function isRestApiEvent(event: unknown): boolean {
  return (
    isObject(event) && !isNamed(event) && 'httpMethod' in event && 'resource' in event && isObject(event.requestContext)
  )
}

/** Tests whether an event names its operation. Then it is a direct event, even if it has members of an HTTP event. */
function isNamed(event: object): boolean {
  return 'operation' in event
}

function isFunctionUrlEvent(event: unknown): boolean {
  return (
    isObject(event) &&
    !isNamed(event) &&
    'rawPath' in event &&
    isObject(event.requestContext) &&
    'http' in event.requestContext
  )
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/**
 * Counts the segments of the route. With a custom domain, `path` begins with the base path but `resource` does not. So the
 * route is the last segments of `path`, as many as `resource` has.
 */
function segmentCount(resource: string): number {
  return resource.split('/').length - 1
}

/**
 * Splits the raw path and then decodes each segment once, so that `%2F` stays inside its segment. `pathParameters` are not
 * used, since API Gateway and local tools decode them differently.
 */
function decodeSegments(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch (error) {
    throw new BedrockError('ValidationException', 'The path holds a malformed percent-encoding.', { cause: error })
  }
}

/** Joins repeated headers. `headers` of API Gateway has only the last value. Function URLs join the values. */
function readHeaders(headers: Single, multiValueHeaders?: Multiple): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(multiValueHeaders ?? headers ?? {})) {
    if (value === undefined) continue
    const lowerName = name.toLowerCase()
    const known = read[lowerName]
    read[lowerName] = [...(known === undefined ? [] : [known]), value].flat().join(', ')
  }
  return read
}

function readQuery(parameters: Single, multiValueParameters?: Multiple): Record<string, string> {
  return Object.fromEntries(
    Object.entries(multiValueParameters ?? parameters ?? {}).flatMap(([name, value]) => {
      const last = [value].flat().at(-1)
      return last === undefined ? [] : [[name, last]]
    }),
  )
}

function readBody({ body, isBase64Encoded }: EventBody): Uint8Array {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
}
