import { BedrockError } from '../../core/errors.ts'
import type { GuardrailOptions } from './guardrail-stage.ts'

/** The guardrail that a request names itself; empty and missing are the same to Bedrock. */
export interface NamedGuardrail {
  readonly identifier: unknown
  readonly version: unknown
  /** How the request carries the two, for the error. */
  readonly members: readonly [identifier: string, version: string]
}

/**
 * Refuses another guardrail, or another version, than the stack's. Put in its place without a word, the stack's would
 * leave a caller believing that its own had looked at the call.
 *
 * @throws BedrockError AccessDeniedException
 */
export function requireSameGuardrail(
  { identifier, version, members }: NamedGuardrail,
  { guardrailIdentifier, guardrailVersion }: GuardrailOptions,
): void {
  const wrong = isOther(nameOf(identifier), nameOf(guardrailIdentifier))
    ? members[0]
    : isOther(version, guardrailVersion)
      ? members[1]
      : undefined
  if (wrong === undefined) return
  throw new BedrockError(
    'AccessDeniedException',
    `${wrong} names another guardrail than this stack's, ${nameOf(guardrailIdentifier)} in version ${guardrailVersion}, which every call goes through. Leave ${members.join(' and ')} out, or name that one.`,
  )
}

function isOther(named: unknown, own: unknown): boolean {
  return named !== undefined && named !== null && named !== '' && named !== own
}

/** A guardrail's id, also of an ARN. */
function nameOf(identifier: unknown): unknown {
  return typeof identifier === 'string' ? identifier.replace(/^arn:[^/]*:guardrail\//, '') : identifier
}
