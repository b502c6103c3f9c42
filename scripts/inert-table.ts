import type { PropertyRule } from '../local/template/property-rules.ts'
import { HONOURED_RESOURCES, INERT_RESOURCES, RESOURCE_ATTRIBUTES } from '../local/template/supported-resources.ts'

const HTTP_METHOD = /\.paths\.\*\.(get|put|post|delete|options|head|patch|trace|x-amazon-apigateway-any-method)\./

/** Markdown table of the template properties that the local stack ignores, with the reason for each. */
export function writeInertTable(): string {
  const rows = [
    ...Object.entries(INERT_RESOURCES).map(([type, reason]) => [type, reason] as const),
    ...Object.entries(RESOURCE_ATTRIBUTES).flatMap(([name, rule]) => inertPaths(rule, `any resource, ${name}`)),
    ...Object.entries(HONOURED_RESOURCES).flatMap(([type, rule]) => inertPaths(rule, type)),
  ]
  // The rules are the same for every method of a path, so one line stands for all.
  const lines = rows.map(([path, reason]) => `| ${path.replace(HTTP_METHOD, '.paths.*.*.')} | ${reason} |`)
  return ['| ignored | reason |', '|---|---|', ...new Set(lines)].join('\n')
}

function inertPaths(rule: PropertyRule, path: string): (readonly [string, string])[] {
  switch (rule.kind) {
    case 'honoured':
      return []
    case 'inert':
      return [[path, rule.reason]]
    case 'each':
      return inertPaths(rule.rule, `${path}.*`)
    case 'typed':
      return Object.entries(rule.types).flatMap(([type, typed]) => inertPaths(typed, `${path} (${type})`))
    case 'members':
      return [
        ...Object.entries(rule.rules).flatMap(([name, member]) => inertPaths(member, `${path}.${name}`)),
        ...(rule.others ? inertPaths(rule.others, `${path}, others`) : []),
      ]
  }
}

const SECTION = /(<!-- inert:begin -->\n)[\s\S]*?(<!-- inert:end -->)/

/** Returns the text of docs/local.md with a new table. */
export function withInertTable(text: string): string {
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${writeInertTable()}\n${end}`)
}
