import { isObject, type JsonObject } from '../../template/json.ts'
import { TemplateError } from '../../template/template-error.ts'
import { compileFieldTest, type FieldTest } from './operators.ts'
import { PatternProblem } from './pattern-problem.ts'

/** Whether an event (or a part of it) is meant; undefined stands for a part that is not there. */
type NodeTest = (node: unknown) => boolean

/**
 * Compiles an event pattern: every field that it names must match, by any value of its list. Throws a TemplateError that
 * names `ruleName` and the field. A number matches whatever way it is written, and case and every character count.
 * Source: EventBridge User Guide, "Event patterns"; github.com/aws/event-ruler.
 */
export function compilePattern(pattern: JsonObject, ruleName: string): (event: object) => boolean {
  return compileObject(pattern, `${ruleName}.EventPattern`)
}

function compileObject(pattern: JsonObject, path: string): NodeTest {
  const tests = Object.entries(pattern).map(([name, value]) =>
    name === '$or' ? compileOr(value, `${path}.$or`) : compileMember(name, value, `${path}.${name}`),
  )
  if (tests.length === 0) throw new TemplateError([`${path}: the pattern is empty`])
  const matchesOne: NodeTest = (node) => tests.every((test) => test(node))
  // Fields that stand together in the pattern must match within one element of an array.
  return (node) => (Array.isArray(node) ? someObject(node, matchesOne) : matchesOne(node))
}

function someObject(nodes: readonly unknown[], test: NodeTest): boolean {
  const objects = nodes.flat(Number.POSITIVE_INFINITY).filter(isObject)
  return objects.length === 0 ? test(undefined) : objects.some(test)
}

function compileMember(name: string, value: unknown, path: string): NodeTest {
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

function compileOr(value: unknown, path: string): NodeTest {
  const alternatives = Array.isArray(value) && value.every(isObject) ? value : []
  if (alternatives.length < 2) throw new TemplateError([`${path}: takes an array of at least two objects`])
  const tests = alternatives.map((alternative, index) => compileObject(alternative, `${path}[${index}]`))
  return (node) => tests.some((test) => test(node))
}

/** A field's values: its own or, of an array, those of its elements. An object is not a value, nor is an empty array. */
function leafValues(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node.flatMap(leafValues)
  return node === undefined || isObject(node) ? [] : [node]
}
