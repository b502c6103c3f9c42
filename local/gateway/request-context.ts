import { randomBytes, randomUUID } from 'node:crypto'
import type { JsonObject } from '../template/json.ts'
import type { OperationModel, RestApiModel } from '../template/model.ts'
import type { ApiCaller } from './access/access.ts'
import { accessLogTime } from './access-log-time.ts'
import { ANONYMOUS, type CallerIdentity } from './caller-identity.ts'
import { headerValue, type ReceivedRequest, requestedDomain } from './received-request.ts'

/** `requestContext` of a proxy event; gateway responses read `$context` from the same. */
export interface RequestContext {
  readonly accountId: string
  /** Context that a Lambda authorizer returned. */
  readonly authorizer?: JsonObject
  readonly apiId: string
  readonly domainName: string
  readonly domainPrefix: string
  readonly extendedRequestId: string
  readonly httpMethod: string
  readonly identity: CallerIdentity & Readonly<Record<string, string | null>>
  readonly operationName?: string
  /** With the stage, as the client of a deployed API sends it. */
  readonly path: string
  readonly protocol: string
  readonly requestId: string
  /** Time in the form of an access log: `09/Apr/2015:12:34:56 +0000`. */
  readonly requestTime: string
  readonly requestTimeEpoch: number
  readonly resourceId: string | null
  readonly resourcePath: string
  readonly stage: string
}

/** Creates the context of a request before its caller is known; `operation` is undefined without a matching route. */
export function createRequestContext(
  received: ReceivedRequest,
  api: RestApiModel,
  accountId: string,
  operation: OperationModel | undefined,
): RequestContext {
  const now = new Date()
  return {
    accountId,
    apiId: api.id,
    ...requestedDomain(received),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    httpMethod: received.method,
    identity: {
      ...ANONYMOUS,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: received.sourceIp,
      userAgent: headerValue(received, 'user-agent') ?? null,
    },
    ...(operation?.operationName !== undefined && { operationName: operation.operationName }),
    path: `/${api.stageName}${received.rawPath}`,
    protocol: received.protocol,
    requestId: randomUUID(),
    requestTime: accessLogTime(now),
    requestTimeEpoch: now.getTime(),
    resourceId: operation ? `${operation.method} ${operation.resource}` : null,
    resourcePath: operation?.resource ?? received.rawPath,
    stage: api.stageName,
  }
}

/** Adds the caller to the context of a request. */
export function withCaller(context: RequestContext, { identity, authorizer }: ApiCaller): RequestContext {
  return { ...context, identity: { ...context.identity, ...identity }, ...(authorizer && { authorizer }) }
}
