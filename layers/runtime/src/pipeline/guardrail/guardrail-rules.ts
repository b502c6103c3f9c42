import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { type JsonDocument, type JsonValue, malformed } from '../../json/json-document.ts'
import type { StageOutcome } from '../stage.ts'
import type { GuardrailOptions } from './guardrail-options.ts'

/** Whether the guardrail evaluates system prompts that their callers do not mark. */
export function guardsSystem({ contentGuarding, systemGuarding }: GuardrailOptions): boolean {
  return contentGuarding !== 'SELECTIVE' && systemGuarding !== 'SELECTIVE'
}

/** A stage that has nothing to wait for. */
export type Guard = (call: ModelCall, document: JsonDocument | undefined) => StageOutcome

/** The guardrail that a request names itself; empty and missing are the same to Bedrock. */
export interface NamedGuardrail {
  readonly identifier: unknown
  readonly version: unknown
  /** Names of the two in the request, for the error. */
  readonly members: readonly [identifier: string, version: string]
}

/**
 * Refuses another guardrail, or another version, than the stack's. Replaced silently, a caller would believe that its own
 * had evaluated the call.
 *
 * @throws BedrockError AccessDeniedException
 */
export function requireSameGuardrail(
  { identifier, version, members }: NamedGuardrail,
  { guardrailIdentifier, guardrailVersion }: GuardrailOptions,
): void {
  const wrong = isOther(guardrailId(identifier), guardrailId(guardrailIdentifier))
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

function isOther(named: unknown, own: unknown): boolean {
  return named !== undefined && named !== null && named !== '' && named !== own
}

/** A guardrail's id, also of an ARN. */
export function guardrailId(identifier: unknown): unknown {
  return typeof identifier === 'string' ? identifier.replace(/^arn:[^/]*:guardrail\//, '') : identifier
}

const JSON_TYPE = 'application/json'
const NO_TYPE = new Set(['', 'application/octet-stream'])

/**
 * Sets a content type by which Bedrock reads the bytes as we do. A guardrail is taken with JSON alone; the JavaScript SDK
 * says octet-stream where InvokeModel's caller says nothing, and a charset could give the bytes another sense. Bedrock
 * refuses any other type.
 */
export function withJsonType(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  const name = type.trim().toLowerCase()
  if (headers['content-type'] === JSON_TYPE || (name !== JSON_TYPE && !NO_TYPE.has(name))) return headers
  return { ...headers, 'content-type': JSON_TYPE }
}

/**
 * Refuses names that are given twice in an object of a document that decides on guardrails, since which of the two counts is
 * each parser's own choice.
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
