import { malformedInput } from '../messages.ts'
import type { Path, Violation } from './check-shape.ts'

/** Words a violation as the service does for its own structures, with dotted paths. */
export function describeForService(violation: Violation): string {
  const { path } = violation
  switch (violation.kind) {
    case 'missing':
      return detected(`Value null at '${[...path, violation.member].join('.')}'`, 'Member must not be null')
    case 'constraint':
      return detected(`Value '${violation.value}' at '${path.join('.')}'`, violation.constraint)
    default:
      return describeForModel(violation)
  }
}

/** Words a violation as Bedrock's JSON schema check of most models: `#/max_gen_len: 9000 is not less or equal to 8192`. */
export function describeForModel(violation: Violation): string {
  const place = pointer(violation.path)
  if (violation.kind === 'missing') {
    const names = [violation.member, ...violation.others]
    return malformedInput(names.map((name) => `${place}: required key [${name}] not found`).join(''))
  }
  return malformedInput(`${place}: ${violation.kind === 'constraint' ? violation.fact : describeFact(violation)}`)
}

/** Names of types in Anthropic's check. */
const CLAUDE_TYPES: Readonly<Record<string, string>> = {
  Boolean: 'a valid boolean',
  Integer: 'a valid integer',
  JSONArray: 'a valid list',
  JSONObject: 'an object',
  Number: 'a valid number',
  String: 'a valid string',
}

/** Words a violation as Anthropic's check, with dotted paths: `max_tokens: Field required`. */
export function describeForClaude(violation: Violation): string {
  const { path } = violation
  switch (violation.kind) {
    case 'missing':
      return `${[...path, violation.member].join('.')}: Field required`
    case 'refused':
      return `${[...path, violation.member].join('.')}: Extra inputs are not permitted`
    case 'type':
      return `${path.join('.')}: Input should be ${CLAUDE_TYPES[violation.expected] ?? violation.expected}`
    default:
      return malformedInput(`${path.join('.')}: ${describeFact(violation)}`)
  }
}

function describeFact(violation: Violation): string {
  switch (violation.kind) {
    case 'missing':
      return `required key [${violation.member}] not found`
    case 'refused':
      return `extraneous key [${violation.member}] is not permitted`
    case 'type':
      return `expected type: ${violation.expected}, found: ${violation.found}`
    case 'members':
      return `exactly one of [${violation.allowed.join(', ')}] must be set, found: [${violation.found.join(', ').slice(0, 200)}]`
    case 'constraint':
      return `'${violation.value}' is not allowed: ${violation.constraint}`
  }
}

function detected(subject: string, constraint: string): string {
  return `1 validation error detected: ${subject} failed to satisfy constraint: ${constraint}`
}

function pointer(path: Path): string {
  return ['#', ...path].join('/')
}
