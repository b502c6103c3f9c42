import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { type JsonDocument, type JsonValue, malformed } from '../../json/json-document.ts'
import type { StageOutcome } from '../stage.ts'
import type { GuardrailOptions } from './guardrail-options.ts'

/** Tests whether the guardrail evaluates system prompts without a mark. */
export function guardsSystem({ contentGuarding, systemGuarding }: GuardrailOptions): boolean {
  return contentGuarding !== 'SELECTIVE' && systemGuarding !== 'SELECTIVE'
}

/** Synchronous stage. */
export type Guard = (call: ModelCall, document: JsonDocument | undefined) => StageOutcome

/** Guardrail that a request names. For Bedrock, an empty value is the same as a missing one. */
export interface NamedGuardrail {
  readonly identifier: unknown
  readonly version: unknown
  /** Names of both members in the request, for the error. */
  readonly members: readonly [identifier: string, version: string]
}

/**
 * Refuses a guardrail or version other than the stack's. If it were silently replaced, the caller would believe that its own
 * guardrail evaluated the call.
 *
 * @throws BedrockError AccessDeniedException
 */
export function requireSameGuardrail(
  { identifier, version, members }: NamedGuardrail,
  { guardrailIdentifier, guardrailArn, guardrailVersion }: GuardrailOptions,
): void {
  const wrong = isOther(identifier, guardrailIdentifier, guardrailId(guardrailIdentifier), guardrailArn)
    ? members[0]
    : isOther(version, guardrailVersion)
      ? members[1]
      : undefined
  if (wrong === undefined) return
  throw new BedrockError(
    'AccessDeniedException',
    `${wrong} names another guardrail than this stack's, ${guardrailId(guardrailIdentifier)} in version ${guardrailVersion}, which every call goes through. Leave ${members.join(' and ')} out, or name that one.`,
  )
}

function isOther(named: unknown, ...own: unknown[]): boolean {
  return named !== undefined && named !== null && named !== '' && !own.includes(named)
}

/** Returns the id of a guardrail that is named by its id or ARN. */
export function guardrailId(identifier: unknown): unknown {
  return typeof identifier === 'string' ? identifier.replace(/^arn:[^/]*:guardrail\//, '') : identifier
}

const JSON_TYPE = 'application/json'
const NO_TYPE = new Set(['', 'application/octet-stream'])

/**
 * Sets the content type to JSON, so that Bedrock reads the bytes as we do: a charset could change their meaning. The
 * JavaScript SDK sends octet-stream by default. Any other type is unchanged, since Bedrock refuses it with a guardrail.
 */
export function withJsonType(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  const name = type.trim().toLowerCase()
  if (headers['content-type'] === JSON_TYPE || (name !== JSON_TYPE && !NO_TYPE.has(name))) return headers
  return { ...headers, 'content-type': JSON_TYPE }
}

/**
 * Refuses repeated names in any object of a document, since parsers differ in which value they use, and the value may decide
 * on guardrails.
 *
 * @throws BedrockError ValidationException
 */
export function requireUniqueNames(root: JsonValue): void {
  const open = [root]
  for (let value = open.pop(); value; value = open.pop()) {
    const { members, items } = value
    if (new Set(members.map(({ name }) => name)).size < members.length) {
      throw malformed('the body gives a member of an object more than once')
    }
    for (const inner of [...items, ...members.map((member) => member.value)]) if (!inner.isEmpty) open.push(inner)
  }
}
