import { guardrailMessages as messages, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { structure } from '../shapes/shape.ts'
import type { GuardrailPolicies } from './policies.ts'
import type { GuardrailPolicy } from './policy.ts'

/** Reference to a guardrail in a request. */
export interface GuardrailReference {
  /** Id or ARN. */
  readonly identifier: string
  readonly version: string
  readonly policy: GuardrailPolicy
}

const ARN = /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+$/

const referenceShape = structure({
  guardrailIdentifier: { type: 'string', maximum: 2_048, pattern: new RegExp(`^$|^[a-z0-9]+$|${ARN.source}`) },
  guardrailVersion: { type: 'string', pattern: /^$|^[1-9][0-9]{0,7}$|^DRAFT$/ },
})

/**
 * Finds the guardrail of a request. Undefined when id and version are missing or empty; ValidationException when one is
 * missing or malformed, or for an unknown guardrail.
 */
export function readGuardrail(
  policies: GuardrailPolicies,
  identifier = '',
  version = '',
): GuardrailReference | undefined {
  requireShape({ guardrailIdentifier: identifier, guardrailVersion: version }, referenceShape, describeForService)
  if (identifier === '' && version === '') return undefined
  if (version === '') throw validationError(messages.versionMissing)
  if (identifier === '') throw validationError(messages.identifierMissing)
  const policy = policies.find(nameGuardrail(identifier), version)
  if (!policy) throw validationError(messages.unknown)
  return { identifier, version, policy }
}

/** Renders AppliedGuardrailDetails. A guardrail given by id gets the emulator's account. */
export function describeGuardrail({ identifier, version }: GuardrailReference): JsonObject {
  const guardrailId = nameGuardrail(identifier)
  return {
    guardrailId,
    guardrailVersion: version,
    guardrailArn: ARN.test(identifier) ? identifier : `arn:aws:bedrock:us-east-1:000000000000:guardrail/${guardrailId}`,
    guardrailOrigin: ['REQUEST'],
    guardrailOwnership: 'SELF',
  }
}

/** Returns the id, also from an ARN, for traces. */
export function nameGuardrail(identifier: string): string {
  return identifier.replace(/^.*\//, '')
}
