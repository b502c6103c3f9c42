import type { APIGatewayProxyEvent, LambdaFunctionURLEvent } from 'aws-lambda'
import { BedrockError } from '../core/errors.ts'
import { type CallerUnit, readCaller } from '../core/identity.ts'
import type { FunctionRequest } from './route.ts'

/** Bytes that an HTTP event carries, as both API Gateway and function URLs mark them. */
interface EventBody {
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
}

type Headers = Readonly<Record<string, string | undefined>> | null

/** Which kind of event it is, by its shape alone: it decides the form of the answer, so it cannot fail. */
export function findEventSource(event: unknown): FunctionRequest['source'] {
  if (isRestApiEvent(event)) return 'rest-api'
  return isFunctionUrlEvent(event) ? 'function-url' : 'direct'
}

/** @throws BedrockError ValidationException for a path that cannot be decoded */
export function readHttpEvent(
  event: unknown,
  source: 'rest-api' | 'function-url',
  callerUnit: CallerUnit,
): FunctionRequest {
  if (source === 'rest-api') {
    const { httpMethod, path, resource, headers, requestContext, ...rest } = event as APIGatewayProxyEvent
    return {
      method: httpMethod,
      segments: decodeSegments(path).slice(-segmentCount(resource)),
      query: readQuery(rest),
      headers: readHeaders(headers),
      body: readBody(rest),
      source,
      caller: readCaller(requestContext, callerUnit),
      gatewayRequestId: requestContext.requestId,
    }
  }
  const { rawPath, headers, requestContext, ...rest } = event as LambdaFunctionURLEvent
  return {
    method: requestContext.http.method,
    segments: decodeSegments(rawPath),
    query: readQuery(rest),
    headers: readHeaders(headers),
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

/** A direct event names its operation, and may hold whatever its sender was given. */
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
 * A custom domain's base path stands before the route in `path` and not in `resource`: the route is as many segments,
 * counted from the end, as the resource has.
 */
function segmentCount(resource: string): number {
  return resource.split('/').length - 1
}

/**
 * The raw path is split first and decoded once, so that `%2F` stays inside its segment; `pathParameters` are not read,
 * since API Gateway's and local tools' decoding of them differs.
 */
function decodeSegments(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch (error) {
    throw new BedrockError('ValidationException', 'The path holds a malformed percent-encoding.', { cause: error })
  }
}

function readHeaders(headers: Headers): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) read[name.toLowerCase()] = value
  }
  return read
}

function readQuery({
  queryStringParameters,
}: Pick<APIGatewayProxyEvent | LambdaFunctionURLEvent, 'queryStringParameters'>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(queryStringParameters ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}

function readBody({ body, isBase64Encoded }: EventBody): Uint8Array {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
}
