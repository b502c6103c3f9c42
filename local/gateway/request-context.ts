import { randomBytes, randomUUID } from 'node:crypto'
import type { OperationModel, RestApiModel } from '../template/model.ts'
import { accessLogTime } from './access-log-time.ts'
import { type CallerIdentity, identifyCaller } from './caller-identity.ts'
import { headerValue, type ReceivedRequest, requestedDomain } from './received-request.ts'

/** `requestContext` of a proxy event; gateway responses read `$context` from the same. */
export interface RequestContext {
  readonly accountId: string
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
  /** As in an access log: `09/Apr/2015:12:34:56 +0000`. */
  readonly requestTime: string
  readonly requestTimeEpoch: number
  readonly resourceId: string | null
  readonly resourcePath: string
  readonly stage: string
}

/** `operation` is undefined for a request that matches no route. */
export function createRequestContext(
  received: ReceivedRequest,
  api: RestApiModel,
  accountId: string,
  operation: OperationModel | undefined,
): RequestContext {
  const now = new Date()
  const caller = operation?.authorization === 'AWS_IAM' ? identifyCaller(received, accountId) : undefined
  return {
    accountId,
    apiId: api.id,
    ...requestedDomain(received),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    httpMethod: received.method,
    identity: {
      accessKey: null,
      accountId: null,
      apiKeyId: null,
      caller: null,
      user: null,
      userArn: null,
      ...caller,
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
