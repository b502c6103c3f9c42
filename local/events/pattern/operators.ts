import { isObject } from '../../template/json.ts'
import { PatternProblem } from './pattern-problem.ts'
import { compileWildcard } from './wildcard.ts'

/** Tests one value of a field: a string, number, boolean or null. */
export type ValueTest = (value: unknown) => boolean

/** One element of a field's list, compiled. */
export type FieldTest =
  | { readonly type: 'value'; readonly test: ValueTest }
  /** True for a field with a value, false for one without. */
  | { readonly type: 'exists'; readonly exists: boolean }

const OPERATORS: Readonly<Record<string, (operand: unknown) => ValueTest>> = {
  prefix: (operand) => {
    const text = requireString(operand)
    return onStrings((value) => value.startsWith(text))
  },
  suffix: (operand) => {
    const text = requireString(operand)
    return onStrings((value) => value.endsWith(text))
  },
  wildcard: (operand) => onStrings(compileWildcard(requireString(operand))),
  'anything-but': compileAnythingBut,
}

/**
 * Compiles one element of a field's list: a value, or an object with one operator. Throws a PatternProblem. Source:
 * EventBridge User Guide, "Comparison operators for use in event patterns"; github.com/aws/event-ruler.
 */
export function compileFieldTest(element: unknown): FieldTest {
  if (Array.isArray(element)) throw new PatternProblem('a value is a string, number, boolean, null or an operator')
  if (!isObject(element)) return { type: 'value', test: (value) => value === element }
  const [[name, operand] = ['', undefined], ...others] = Object.entries(element)
  if (name === '' || others.length > 0) throw new PatternProblem('an operator is an object with one member')
  if (name === 'exists') return { type: 'exists', exists: requireBoolean(operand) }
  const compile = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!compile) throw new PatternProblem(`the operator "${name}" is not supported`)
  try {
    return { type: 'value', test: compile(operand) }
  } catch (error) {
    if (error instanceof PatternProblem) throw new PatternProblem(`${name}: ${error.message}`)
    throw error
  }
}

function compileAnythingBut(operand: unknown): ValueTest {
  const excluded = Array.isArray(operand) ? operand : [operand]
  const isOfType = (type: string) => excluded.every((value) => typeof value === type)
  if (excluded.length === 0 || !(isOfType('string') || isOfType('number'))) {
    throw new PatternProblem('takes strings only or numbers only')
  }
  return (value) => !excluded.includes(value)
}

function onStrings(test: (value: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && test(value)
}

function requireString(value: unknown): string {
  if (typeof value !== 'string') throw new PatternProblem(`${JSON.stringify(value)} is not a string`)
  return value
}

function requireBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new PatternProblem(`exists: ${JSON.stringify(value)} is neither true nor false`)
  return value
}
