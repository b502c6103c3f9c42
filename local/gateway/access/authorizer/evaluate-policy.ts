import { isObject, type JsonObject } from '../../../template/json.ts'

export type Verdict = 'allow' | 'explicit-deny' | 'implicit-deny'

/** Error of a policy that the local stack cannot evaluate: it has a condition or is malformed. */
export class PolicyError extends Error {}

const ACTION = 'execute-api:Invoke'

/** Members of a statement that are evaluated. Other members only describe. */
const MEMBERS = new Set(['Sid', 'Effect', 'Action', 'Resource'])

/**
 * What an authorizer's policy says of a call of `methodArn`: a deny wins over every allow. Throws a PolicyError.
 * Source: API Gateway developer guide, "API Gateway Lambda authorization workflow"; IAM user guide, "Policy evaluation logic".
 */
export function evaluatePolicy(policy: unknown, methodArn: string): Verdict {
  const statements = isObject(policy) ? toList(policy.Statement) : []
  if (statements.length === 0) throw new PolicyError('policyDocument has no statement')
  const effects = statements.map((statement) => effectOf(statement, methodArn))
  if (effects.includes('Deny')) return 'explicit-deny'
  return effects.includes('Allow') ? 'allow' : 'implicit-deny'
}

/** Effect of a statement on the method; undefined: it does not apply. */
function effectOf(statement: unknown, methodArn: string): 'Allow' | 'Deny' | undefined {
  const { Effect, Action, Resource } = checkMembers(statement)
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new PolicyError('a statement has neither Effect Allow nor Deny')
  const concerned = matchesAny(Action, ACTION, 'i') && matchesAny(Resource, methodArn, '')
  return concerned ? Effect : undefined
}

function checkMembers(statement: unknown): JsonObject {
  if (!isObject(statement)) throw new PolicyError('a statement is not a map')
  const unknown = Object.keys(statement).find((member) => !MEMBERS.has(member))
  if (unknown !== undefined) throw new PolicyError(`a statement has ${unknown}, which the local stack does not judge`)
  return statement
}

function matchesAny(patterns: unknown, text: string, flags: string): boolean {
  return toList(patterns).some((pattern) => toExpression(String(pattern), flags).test(text))
}

/** Matches a pattern: `*` is any number of characters, `?` is one. */
function toExpression(pattern: string, flags: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, `s${flags}`)
}

function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}
