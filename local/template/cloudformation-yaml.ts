import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import { TemplateError } from './template-error.ts'

/** CloudFormation's short forms whose long form is not `Fn::` and the same name. */
const PLAIN_NAMES = new Set(['Ref', 'Condition'])

/**
 * Reads CloudFormation YAML into plain values. A short form becomes its long form: `!Sub x` is `{"Fn::Sub": "x"}`.
 * Throws a TemplateError with the lines that are not valid YAML.
 */
export function parseCloudFormationYaml(text: string): unknown {
  // YAML 1.1 would read `CodeUri: .` as null and `2010-09-09` as a date.
  const document = parseDocument(text, { version: '1.2', schema: 'core' })
  if (document.errors.length > 0) throw new TemplateError(document.errors.map((error) => error.message))
  return toValue(document.contents, document)
}

function toValue(node: unknown, document: Document): unknown {
  if (isAlias(node)) return toValue(node.resolve(document), document)
  if (isScalar(node)) return tagged(node, node.value)
  if (isSeq(node))
    return tagged(
      node,
      node.items.map((item) => toValue(item, document)),
    )
  if (isMap(node)) {
    const entries = node.items.map((pair) => [
      String(isScalar(pair.key) ? pair.key.value : pair.key),
      toValue(pair.value, document),
    ])
    return tagged(node, Object.fromEntries(entries))
  }
  return null
}

function tagged(node: Node & { tag?: string | undefined }, value: unknown): unknown {
  if (!node.tag?.startsWith('!')) return value
  const name = node.tag.slice(1)
  if (name === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.')
    return { 'Fn::GetAtt': [value.slice(0, dot), value.slice(dot + 1)] }
  }
  return { [PLAIN_NAMES.has(name) ? name : `Fn::${name}`]: value }
}
