import { randomUUID } from 'node:crypto'
import type { FunctionUrlModel } from '../template/model.ts'
import { accessLogTime } from './access-log-time.ts'
import type { CallerIdentity } from './caller-identity.ts'
import { forwardedHeaders, multiValues, parseQuery } from './event-fields.ts'
import { headerValue, type ReceivedRequest, requestedDomain } from './received-request.ts'

export type FunctionUrlContext = ReturnType<typeof createFunctionUrlContext>

/** Parts of a function URL event. */
export interface FunctionUrlEventSource {
  readonly received: ReceivedRequest
  readonly body: Buffer
  readonly requestContext: ReturnType<typeof withUrlCaller>
  /** `Root=…` of the X-Ray header. */
  readonly traceRoot: string
}

/** `requestContext` of a request whose caller is not known yet. */
export function createFunctionUrlContext(received: ReceivedRequest, url: FunctionUrlModel) {
  const now = new Date()
  return {
    apiId: url.id,
    ...requestedDomain(received),
    http: {
      method: received.method,
      path: received.rawPath,
      protocol: received.protocol,
      sourceIp: received.sourceIp,
      userAgent: headerValue(received, 'user-agent') ?? '',
    },
    requestId: randomUUID(),
    routeKey: '$default',
    stage: '$default',
    time: accessLogTime(now),
    timeEpoch: now.getTime(),
  }
}

/**
 * The event of a function URL (payload format version 2.0), as JSON. What a request does not have is left out.
 * Source: Lambda developer guide, "Request and response payloads".
 */
export function buildFunctionUrlEvent({ received, body, requestContext, traceRoot }: FunctionUrlEventSource): Buffer {
  const headers = multiValues(forwardedHeaders(received, traceRoot).map(([name, value]) => [name.toLowerCase(), value]))
  const { cookie: cookies, ...others } = headers
  const query = multiValues(parseQuery(received.rawQuery))
  const isText = isTextual(headerValue(received, 'content-type') ?? '')
  return Buffer.from(
    JSON.stringify({
      version: '2.0',
      routeKey: '$default',
      rawPath: received.rawPath,
      rawQueryString: received.rawQuery,
      ...(cookies && { cookies: cookies.flatMap((line) => line.split(/;\s*/)) }),
      headers: joinValues(others),
      ...(received.rawQuery !== '' && { queryStringParameters: joinValues(query) }),
      requestContext,
      ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
      isBase64Encoded: body.length > 0 && !isText,
    }),
  )
}

/** `requestContext` of an event: with AuthType NONE Lambda knows nobody and calls the account `anonymous`. */
export function withUrlCaller(context: FunctionUrlContext, accountId: string, caller: CallerIdentity | undefined) {
  return caller
    ? { ...context, accountId, authentication: null, authorizer: { iam: describeCaller(caller) } }
    : { ...context, accountId: 'anonymous' }
}

function describeCaller(caller: CallerIdentity) {
  return {
    accessKey: caller.accessKey,
    accountId: caller.accountId,
    callerId: caller.caller,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.userArn,
    userId: caller.user,
  }
}

/** Media types whose bodies are text in the event. All other bodies are base64. */
function isTextual(contentType: string): boolean {
  return /^(?:text\/|application\/(?:json|javascript|xml)\s*(?:;|$))/i.test(contentType.trim())
}

function joinValues(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.join(',')]))
}
