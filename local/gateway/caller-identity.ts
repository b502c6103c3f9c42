import { createHash } from 'node:crypto'
import { headerValue, type ReceivedRequest } from './received-request.ts'

/** The caller's part of `requestContext.identity`; null where API Gateway has nothing to say. */
export interface CallerIdentity {
  readonly accessKey: string | null
  readonly accountId: string | null
  /** The key itself, which API Gateway shows to the function; only of a key that was checked. */
  readonly apiKey: string | null
  readonly apiKeyId: string | null
  readonly caller: string | null
  readonly user: string | null
  readonly userArn: string | null
}

/** Of a request that nobody authenticates, as to an operation without authorization. */
export const ANONYMOUS: CallerIdentity = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  user: null,
  userArn: null,
}

const SIGNATURE = /^AWS4-HMAC-SHA256\s.*Credential=(?<accessKey>[\w.-]+)\//
const BEARER = /^Bearer\s+(?<token>\S+)$/i

/** The user of a request without a credential and of the access key that the banner and the documentation give. */
const LOCAL_USER = 'local'

/**
 * Identity of the caller, taken unverified from whatever credential came: a SigV4 signature for any service, or a bearer
 * token. A request without a credential is by the user `local`, so that plain HTTP and an SDK with the banner's
 * credentials are one caller. The token itself never leaves this file.
 */
export function identifyCaller(request: ReceivedRequest, accountId: string): CallerIdentity {
  const authorization = headerValue(request, 'authorization') ?? ''
  const accessKey = SIGNATURE.exec(authorization)?.groups?.accessKey
  if (accessKey !== undefined) return accessKeyIdentity(accessKey, accountId)
  const token = BEARER.exec(authorization)?.groups?.token
  if (token === undefined) return accessKeyIdentity(LOCAL_USER, accountId)
  const apiKeyId = createHash('sha256').update(token).digest('hex').slice(0, 10)
  return userIdentity(`key-${apiKeyId}`, accountId, { apiKeyId })
}

/** The local stack's users are named like their access keys. */
export function accessKeyIdentity(accessKey: string, accountId: string): CallerIdentity {
  return userIdentity(accessKey, accountId, { accessKey })
}

function userIdentity(name: string, accountId: string, credential: Partial<CallerIdentity>): CallerIdentity {
  return {
    ...ANONYMOUS,
    ...credential,
    accountId,
    caller: name,
    user: name,
    userArn: `arn:aws:iam::${accountId}:user/${name}`,
  }
}
