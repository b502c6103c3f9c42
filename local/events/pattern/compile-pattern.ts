import { isObject, type JsonObject } from '../../template/json.ts'
import { TemplateError } from '../../template/template-error.ts'
import { compileFieldTest, type FieldTest } from './operators.ts'
import { PatternProblem } from './pattern-problem.ts'

/** Tests an event or a part of it; undefined stands for a missing part. */
type NodeTest = (node: unknown) => boolean

/**
 * Compiles an event pattern: every field in it must match, by any value of its list. Operators: prefix, suffix, wildcard,
 * exists, anything-but with values. Throws a TemplateError that names `ruleName` and the field. Numbers are compared by
 * value, text by characters and case. Source: EventBridge User Guide, "Event patterns"; github.com/aws/event-ruler.
 */
export function compilePattern(pattern: JsonObject, ruleName: string): (event: object) => boolean {
  return compileObject(pattern, `${ruleName}.EventPattern`)
}

function compileObject(pattern: JsonObject, path: string): NodeTest {
  const tests = Object.entries(pattern).map(([name, value]) => compileMember(name, value, `${path}.${name}`))
  if (tests.length === 0) throw new TemplateError([`${path}: the pattern is empty`])
  const matchesOne: NodeTest = (node) => tests.every((test) => test(node))
  // Fields of one pattern object must match within one element of an array.
  return (node) => (Array.isArray(node) ? someObject(node, matchesOne) : matchesOne(node))
}

function someObject(nodes: readonly unknown[], test: NodeTest): boolean {
  const objects = nodes.flat(Number.POSITIVE_INFINITY).filter(isObject)
  return objects.length === 0 ? test(undefined) : objects.some(test)
}

function compileMember(name: string, value: unknown, path: string): NodeTest {
  if (name === '$or') throw new TemplateError([`${path}: the operator "$or" is not supported`])
  const test = compileValue(value, path)
  return (node) => test(isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined)
}

function compileValue(value: unknown, path: string): NodeTest {
  if (isObject(value)) return compileObject(value, path)
  if (!Array.isArray(value)) throw new TemplateError([`${path}: must be an object or an array`])
  if (value.length === 0) throw new TemplateError([`${path}: the array is empty`])
  const tests = value.map((element) => compileElement(element, path))
  return (node) => {
    const values = leafValues(node)
    return tests.some((test) =>
      test.type === 'exists' ? values.length > 0 === test.exists : values.some((one) => test.test(one)),
    )
  }
}

function compileElement(element: unknown, path: string): FieldTest {
  try {
    return compileFieldTest(element)
  } catch (error) {
    if (error instanceof PatternProblem) throw new TemplateError([`${path}: ${error.message}`])
    throw error
  }
}

/** Returns a field's values; an array has those of its elements. Objects and empty arrays have none. */
function leafValues(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node.flatMap(leafValues)
  return node === undefined || isObject(node) ? [] : [node]
}
