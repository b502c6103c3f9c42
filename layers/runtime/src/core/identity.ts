import { createHash } from 'node:crypto'

/** Caller as API Gateway and function URLs describe it. Every member may be null. */
interface RequestContext {
  readonly identity?: { readonly userArn?: string | null; readonly apiKeyId?: string | null } | null
  readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } | null } | null
}

/**
 * Unit that counts as one caller: a role with all its sessions, or each session. Choose SESSION if people assume one role
 * under their own session names.
 */
export type CallerUnit = 'ROLE' | 'SESSION'

const SESSION_OF_ROLE = /^(arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+)\/.+$/

/**
 * Reads the caller's identity: the id of an API key, or the ARN of a user or role. AWS verified it before it called the
 * function, and a caller cannot change it.
 *
 * @returns e.g. `key:a1b2c3`, `arn:aws:sts::123456789012:assumed-role/app`; undefined for an unauthenticated caller
 */
export function readCaller(requestContext: unknown, unit: CallerUnit): string | undefined {
  const { identity, authorizer } = (requestContext ?? {}) as RequestContext
  if (identity?.apiKeyId) return `key:${identity.apiKeyId}`
  const arn = identity?.userArn || authorizer?.iam?.userArn
  if (!arn) return undefined
  return unit === 'ROLE' ? arn.replace(SESSION_OF_ROLE, '$1') : arn
}

/** Identity of unauthenticated callers; they share one. */
export const ANONYMOUS = 'anonymous'

/**
 * Returns the owner that represents a caller in S3 keys. It is a hash, so that keys do not reveal names of roles and users.
 *
 * @returns 32 hexadecimal digits
 */
export function ownerOf(caller: string): string {
  return createHash('sha256').update(caller).digest('hex').slice(0, 32)
}

/** Returns the prefix of a caller's uploads in the stack's bucket. */
export function uploadsPrefix(owner: string): string {
  return `uploads/${owner}/`
}

/**
 * Returns the identity that owns the jobs of a call.
 *
 * @param eventCaller identity for direct events without a caller
 */
export function callerOf(
  { caller, source }: { readonly caller: string | undefined; readonly source: string },
  { eventCaller }: { readonly eventCaller: string },
): string {
  return caller ?? (source === 'direct' ? eventCaller : ANONYMOUS)
}
