/** What API Gateway and function URLs say of who signed a request; their JSON, so that every member may be null. */
interface RequestContext {
  readonly identity?: { readonly userArn?: string | null; readonly apiKeyId?: string | null } | null
  readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } | null } | null
}

/**
 * Whether all sessions of a role are one caller, or each is one by itself. A role that an application assumes is one
 * caller; where people assume a role each under a name, the session tells them apart.
 */
export type CallerUnit = 'ROLE' | 'SESSION'

const SESSION_OF_ROLE = /^(arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+)\/.+$/

/**
 * Who calls, by what AWS verified before the function ran, and by nothing that a caller writes: the id of an API key, or
 * the ARN of a user or role.
 *
 * @returns e.g. `key:a1b2c3`, `arn:aws:sts::123456789012:assumed-role/app`; undefined where nobody was authenticated
 */
export function readCaller(requestContext: unknown, unit: CallerUnit): string | undefined {
  const { identity, authorizer } = (requestContext ?? {}) as RequestContext
  if (identity?.apiKeyId) return `key:${identity.apiKeyId}`
  const arn = identity?.userArn || authorizer?.iam?.userArn
  if (!arn) return undefined
  return unit === 'ROLE' ? arn.replace(SESSION_OF_ROLE, '$1') : arn
}

/** Callers whom nobody authenticated: where an API is open they are all one. */
export const ANONYMOUS = 'anonymous'
