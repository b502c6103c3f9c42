import { createHash } from 'node:crypto'
import { headerValue, type ReceivedRequest } from './received-request.ts'

/** Identity of the caller in `requestContext.identity`; null: API Gateway gives no value. */
export interface CallerIdentity {
  readonly accessKey: string | null
  readonly accountId: string | null
  /** The checked key itself, which API Gateway shows to the function. */
  readonly apiKey: string | null
  readonly apiKeyId: string | null
  readonly caller: string | null
  readonly user: string | null
  readonly userArn: string | null
}

/** Identity of a request to an operation without authorization. */
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

/** User of requests without a credential, and of the access key in the banner and the documentation. */
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

/** ARN of a local user, which is named like its access key. */
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
