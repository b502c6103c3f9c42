import { isObject } from './json.ts'
import type { InertFinding } from './model.ts'

/** What becomes of a property. A property that no rule names is refused. */
export type PropertyRule =
  /** Taken as it is, with everything in it. */
  | { readonly kind: 'honoured' }
  /** Left aside; `reason` says why that is right on a laptop. */
  | { readonly kind: 'inert'; readonly reason: string }
  /** Each member by its own rule. */
  | { readonly kind: 'members'; readonly rules: PropertyRules; readonly others?: PropertyRule }
  /** Each value of a map or list by one rule. */
  | { readonly kind: 'each'; readonly rule: PropertyRule }
  /** By the rules of what one member, `Type` unless said otherwise, names: such as the type of an event. */
  | { readonly kind: 'typed'; readonly member?: string; readonly types: Readonly<Record<string, PropertyRule>> }

export type PropertyRules = Readonly<Record<string, PropertyRule>>

export const honoured: PropertyRule = { kind: 'honoured' }
export const inert = (reason: string): PropertyRule => ({ kind: 'inert', reason })
export const members = (rules: PropertyRules): PropertyRule => ({ kind: 'members', rules })
export const each = (rule: PropertyRule): PropertyRule => ({ kind: 'each', rule })

export interface Findings {
  readonly inert: InertFinding[]
  /** Paths that nothing supports, each with what is wrong. */
  readonly refused: string[]
}

/** Sorts a value and what is in it by `rule`; `path` is where it stands in the template. */
export function applyRule(rule: PropertyRule, value: unknown, path: string, findings: Findings): void {
  switch (rule.kind) {
    case 'honoured':
      return
    case 'inert':
      findings.inert.push({ path, reason: rule.reason })
      return
    case 'each':
      for (const [key, item] of Object.entries(value ?? {})) applyRule(rule.rule, item, `${path}.${key}`, findings)
      return
    case 'typed':
      applyTypedRule(rule, value, path, findings)
      return
    case 'members':
      applyMemberRules(rule, value, path, findings)
  }
}

function applyMemberRules(
  rule: Extract<PropertyRule, { kind: 'members' }>,
  value: unknown,
  path: string,
  findings: Findings,
): void {
  if (!isObject(value)) {
    findings.refused.push(`${path}: expected a map, got ${JSON.stringify(value)}`)
    return
  }
  for (const [name, member] of Object.entries(value)) {
    const memberRule = Object.hasOwn(rule.rules, name) ? rule.rules[name] : rule.others
    if (memberRule) applyRule(memberRule, member, `${path}.${name}`, findings)
    else findings.refused.push(`${path}: property ${name} is not supported by the local stack`)
  }
}

function applyTypedRule(
  { member = 'Type', types }: Extract<PropertyRule, { kind: 'typed' }>,
  value: unknown,
  path: string,
  findings: Findings,
): void {
  const type = isObject(value) ? String(value[member]) : 'undefined'
  const rule = Object.hasOwn(types, type) ? types[type] : undefined
  if (rule) applyRule(rule, value, path, findings)
  else findings.refused.push(`${path}: type ${type} is not supported by the local stack`)
}
