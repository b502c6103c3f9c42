import { isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument } from 'yaml'
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
  return createReader()(document.contents)
}

/** Creates a reader of nodes in their order. It resolves aliases itself: `Alias.resolve` searches the document each time. */
function createReader(): (node: unknown) => unknown {
  const anchored = new Map<string, unknown>()

  function read(node: unknown): unknown {
    if (isAlias(node)) return readAlias(node.source)
    if (!isNode(node)) return null
    const value = tagged(node, readUntagged(node))
    if (node.anchor !== undefined) anchored.set(node.anchor, value)
    return value
  }

  function readAlias(name: string): unknown {
    if (anchored.has(name)) return anchored.get(name)
    throw new TemplateError([`alias *${name} has no anchor &${name} before it`])
  }

  function readUntagged(node: unknown): unknown {
    if (isScalar(node)) return node.value
    if (isSeq(node)) return node.items.map(read)
    if (!isMap(node)) return null
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), read(value)]),
    )
  }

  return read
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
