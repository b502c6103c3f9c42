import { resolveIntrinsics, type Scope } from './intrinsics.ts'
import type { JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/** Rule of the section Rules. */
interface ParameterRule {
  /** A rule without a condition always applies. */
  readonly RuleCondition?: unknown
  readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription?: string }[]
}

/**
 * Checks the template's rules for its parameters. Throws a TemplateError with each assertion that does not hold. Source:
 * CloudFormation user guide, "Rules".
 */
export function checkRules(rules: JsonObject, scope: Scope): void {
  const problems: string[] = []
  for (const [name, rule] of Object.entries(rules)) {
    const { RuleCondition = true, Assertions } = rule as ParameterRule
    const path = `Rules.${name}`
    if (resolveIntrinsics(RuleCondition, scope, path) !== true) continue
    for (const { Assert, AssertDescription = 'its assertion does not hold' } of Assertions) {
      if (resolveIntrinsics(Assert, scope, path) !== true) problems.push(`${path}: ${AssertDescription}`)
    }
  }
  if (problems.length > 0) throw new TemplateError(problems)
}
