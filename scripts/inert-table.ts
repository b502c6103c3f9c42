import type { PropertyRule } from '../local/template/property-rules.ts'
import { HONOURED_RESOURCES, INERT_RESOURCES, RESOURCE_ATTRIBUTES } from '../local/template/supported-resources.ts'

const HTTP_METHOD = /\.paths\.\*\.(get|put|post|delete|options|head|patch|trace|x-amazon-apigateway-any-method)\./

/** Everything of a template that the local stack leaves aside, with the reason, as a Markdown table. */
export function writeInertTable(): string {
  const rows = [
    ...Object.entries(INERT_RESOURCES).map(([type, reason]) => [type, reason] as const),
    ...Object.entries(RESOURCE_ATTRIBUTES).flatMap(([name, rule]) => inertPaths(rule, `any resource, ${name}`)),
    ...Object.entries(HONOURED_RESOURCES).flatMap(([type, rule]) => inertPaths(rule, type)),
  ]
  // The same rules hold for every method of an API's path.
  const lines = rows.map(([path, reason]) => `| ${path.replace(HTTP_METHOD, '.paths.*.*.')} | ${reason} |`)
  return ['| left aside | because |', '|---|---|', ...new Set(lines)].join('\n')
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

/** The text of docs/local.md with its table made anew. */
export function withInertTable(text: string): string {
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${writeInertTable()}\n${end}`)
}
