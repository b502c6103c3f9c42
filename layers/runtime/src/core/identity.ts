import { createHash } from 'node:crypto'

/** The caller as API Gateway and function URLs describe it. Their JSON may hold a null for every member. */
interface RequestContext {
  readonly identity?: { readonly userArn?: string | null; readonly apiKeyId?: string | null } | null
  readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } | null } | null
}

/**
 * The unit that counts as one caller: a role with all its sessions, or each session by itself. Choose SESSION where people
 * assume one role under names of their own.
 */
export type CallerUnit = 'ROLE' | 'SESSION'

const SESSION_OF_ROLE = /^(arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+)\/.+$/

/**
 * Reads the caller's identity: the id of an API key, or the ARN of a user or role. AWS verified it before the function ran;
 * nothing that a caller writes counts.
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

/** Identity of unauthenticated callers; they share one. */
export const ANONYMOUS = 'anonymous'

/**
 * The owner that stands for a caller in keys of S3: a hash, since names of roles and users are the account's business.
 *
 * @returns 32 hexadecimal digits
 */
export function ownerOf(caller: string): string {
  return createHash('sha256').update(caller).digest('hex').slice(0, 32)
}

/** Prefix of a caller's own uploads in the stack's bucket. */
export function uploadsPrefix(owner: string): string {
  return `uploads/${owner}/`
}

/**
 * The identity that owns a call's jobs. An event without a caller belongs to the stack itself.
 *
 * @param eventCaller the stack's own identity
 */
export function callerOf(
  { caller, source }: { readonly caller: string | undefined; readonly source: string },
  { eventCaller }: { readonly eventCaller: string },
): string {
  return caller ?? (source === 'direct' ? eventCaller : ANONYMOUS)
}
