import { isObject } from './json.ts'
import type { InertFinding } from './model.ts'

/** Rule for a property. A property without a rule is refused. */
export type PropertyRule =
  /** The property is used with everything in it. */
  | { readonly kind: 'honoured' }
  /** The property is ignored; `reason` says why that is right locally. */
  | { readonly kind: 'inert'; readonly reason: string }
  /** Each member has its own rule. */
  | { readonly kind: 'members'; readonly rules: PropertyRules; readonly others?: PropertyRule }
  /** All values of a map or list have one rule. */
  | { readonly kind: 'each'; readonly rule: PropertyRule }
  /** One member, by default `Type`, selects the rule: for example the type of an event. */
  | { readonly kind: 'typed'; readonly member?: string; readonly types: Readonly<Record<string, PropertyRule>> }

export type PropertyRules = Readonly<Record<string, PropertyRule>>

export const honoured: PropertyRule = { kind: 'honoured' }
export const inert = (reason: string): PropertyRule => ({ kind: 'inert', reason })
export const members = (rules: PropertyRules): PropertyRule => ({ kind: 'members', rules })
export const each = (rule: PropertyRule): PropertyRule => ({ kind: 'each', rule })

export interface Findings {
  readonly inert: InertFinding[]
  /** Unsupported paths, each with the problem. */
  readonly refused: string[]
}

/** Sorts a value and its content by `rule`; `path` is its position in the template. */
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
