import { BlockList, isIP } from 'node:net'
import { isObject } from '../../template/json.ts'
import { PatternProblem } from './pattern-problem.ts'
import { compileWildcard } from './wildcard.ts'

/** Whether one value of a field (a string, number, boolean or null) is meant. */
export type ValueTest = (value: unknown) => boolean

/** How one element of a field's list looks at the field. */
export type FieldTest =
  | { readonly type: 'value'; readonly test: ValueTest }
  /** True for a field with a value, false for one without. */
  | { readonly type: 'exists'; readonly exists: boolean }

/** EventBridge's bounds for numeric comparisons. Source: EventBridge User Guide, "Numeric matching". */
const LARGEST_NUMBER = 5_000_000_000

/**
 * Compiles one element of a field's list: a value, or an object with one operator. Throws a PatternProblem. Source:
 * EventBridge User Guide, "Comparison operators for use in event patterns"; github.com/aws/event-ruler.
 */
export function compileFieldTest(element: unknown): FieldTest {
  if (Array.isArray(element)) throw new PatternProblem('a value is a string, number, boolean, null or an operator')
  if (!isObject(element)) return { type: 'value', test: (value) => value === element }
  const [name, operand] = onlyMember(element)
  if (name === 'exists') return { type: 'exists', exists: requireBoolean(operand) }
  return { type: 'value', test: compileOperator(name, operand) }
}

const OPERATORS: Readonly<Record<string, (operand: unknown) => ValueTest>> = {
  prefix: (operand) => compileAffix(operand, 'prefix'),
  suffix: (operand) => compileAffix(operand, 'suffix'),
  'equals-ignore-case': (operand) => {
    const text = requireString(operand).toLowerCase()
    return onStrings((value) => value.toLowerCase() === text)
  },
  wildcard: (operand) => onStrings(compileWildcard(requireString(operand))),
  numeric: compileNumeric,
  cidr: compileCidr,
  'anything-but': compileAnythingBut,
}

function compileOperator(name: string, operand: unknown): ValueTest {
  const compile = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (!compile) throw new PatternProblem(`the operator "${name}" is not supported`)
  try {
    return compile(operand)
  } catch (error) {
    if (error instanceof PatternProblem) throw new PatternProblem(`${name}: ${error.message}`)
    throw error
  }
}

function compileAffix(operand: unknown, kind: 'prefix' | 'suffix'): ValueTest {
  const isAtEdge = (value: string, text: string) => (kind === 'prefix' ? value.startsWith(text) : value.endsWith(text))
  if (!isObject(operand)) {
    const text = requireString(operand)
    return onStrings((value) => isAtEdge(value, text))
  }
  const [name, inner] = onlyMember(operand)
  if (name !== 'equals-ignore-case') throw new PatternProblem(`the operator "${name}" is not supported`)
  const text = requireString(inner).toLowerCase()
  return onStrings((value) => isAtEdge(value.toLowerCase(), text))
}

/** Operators that anything-but may hold, each with one operand or a list. */
const NEGATABLE = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard']

function compileAnythingBut(operand: unknown): ValueTest {
  if (!isObject(operand)) {
    const excluded = Array.isArray(operand) ? operand : [operand]
    const isOfType = (type: string) => excluded.every((value) => typeof value === type)
    if (excluded.length === 0 || !(isOfType('string') || isOfType('number'))) {
      throw new PatternProblem('takes strings only or numbers only')
    }
    return (value) => !excluded.includes(value)
  }
  const [name, inner] = onlyMember(operand)
  if (!NEGATABLE.includes(name)) throw new PatternProblem(`the operator "${name}" is not supported`)
  const operands = Array.isArray(inner) ? inner : [inner]
  if (operands.length === 0) throw new PatternProblem(`${name}: the list is empty`)
  const excluded = operands.map((one) => compileOperator(name, one))
  return (value) => !excluded.some((test) => test(value))
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

/** One comparison, or a lower and then an upper bound. */
function compileNumeric(operand: unknown): ValueTest {
  if (!Array.isArray(operand) || ![2, 4].includes(operand.length)) {
    throw new PatternProblem('takes a comparison and a number, or a lower and an upper bound')
  }
  const comparisons = [operand.slice(0, 2), operand.slice(2)].filter(({ length }) => length > 0)
  const tests = comparisons.map(([name, bound]) => {
    const compare = Object.hasOwn(COMPARISONS, String(name)) ? COMPARISONS[String(name)] : undefined
    if (!compare) throw new PatternProblem(`${JSON.stringify(name)} is none of ${Object.keys(COMPARISONS).join(' ')}`)
    if (typeof bound !== 'number' || Math.abs(bound) > LARGEST_NUMBER) {
      throw new PatternProblem(`${JSON.stringify(bound)} is not a number from -5.0e9 to 5.0e9`)
    }
    return (value: number) => compare(value, bound)
  })
  if (tests.length === 2) {
    const [lower, low, upper, high] = operand
    const isRange = String(lower).startsWith('>') && String(upper).startsWith('<') && low < high
    if (!isRange) throw new PatternProblem('a range is a lower bound and then a greater upper one')
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value))
}

function compileCidr(operand: unknown): ValueTest {
  const [address = '', bits = '', ...rest] = requireString(operand).split('/')
  const version = isIP(address)
  const isBlock = version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
  if (!isBlock || rest.length > 0) throw new PatternProblem(`${JSON.stringify(operand)} is not a block of addresses`)
  const block = new BlockList()
  block.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  return onStrings((value) => isIP(value) === version && block.check(value, version === 4 ? 'ipv4' : 'ipv6'))
}

function onStrings(test: (value: string) => boolean): ValueTest {
  return (value) => typeof value === 'string' && test(value)
}

function onlyMember(object: Readonly<Record<string, unknown>>): [string, unknown] {
  const members = Object.entries(object)
  const [member] = members
  if (!member || members.length > 1) throw new PatternProblem('an operator is an object with one member')
  return member
}

function requireString(value: unknown): string {
  if (typeof value !== 'string') throw new PatternProblem(`${JSON.stringify(value)} is not a string`)
  return value
}

function requireBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new PatternProblem(`exists: ${JSON.stringify(value)} is neither true nor false`)
  return value
}
