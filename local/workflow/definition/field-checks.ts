import { isObject } from '../../template/json.ts'
import { expressionIn } from '../expressions/expressions.ts'
import { findExpressionProblem } from './check-expression.ts'

/** Lists the problems of a field's value. `path` is the path of the field, for example `Retry/0/MaxAttempts`. */
export type FieldCheck = (value: unknown, path: string) => readonly string[]

function must(test: (value: unknown) => boolean, requirement: string): FieldCheck {
  return (value, path) => (test(value) ? [] : [`${path} must be ${requirement}`])
}

export const text: FieldCheck = must(
  (value) => typeof value === 'string' && expressionIn(value) === undefined,
  'a text, not an expression',
)

export const flag: FieldCheck = must((value) => typeof value === 'boolean', 'true or false')

export function number(minimum: number, maximum = Number.POSITIVE_INFINITY): FieldCheck {
  const bounds = maximum === Number.POSITIVE_INFINITY ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
  return must((value) => typeof value === 'number' && value >= minimum && value <= maximum, `a number ${bounds}`)
}

export function integer(minimum: number, maximum: number): FieldCheck {
  return must(
    (value) => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
    `an integer from ${minimum} to ${maximum}`,
  )
}

export function oneOf(...values: readonly string[]): FieldCheck {
  return must((value) => values.includes(value as string), values.join(' or '))
}

/** Any document. The expressions in it are checked. */
export const template: FieldCheck = (value, path) => {
  if (typeof value === 'string') {
    const problem = findExpressionProblem(value)
    return problem === undefined ? [] : [`${path} ${problem}`]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name.endsWith('.$') ? [`${path}/${name} has a name of JSONPath`] : template(member, `${path}/${name}`),
  )
}

/** Document whose outer form is checked, or an expression. */
export function templateOf(check: FieldCheck): FieldCheck {
  return (value, path) => [...(isExpression(value) ? [] : check(value, path)), ...template(value, path)]
}

export const array: FieldCheck = must(Array.isArray, 'an array')

export const record: FieldCheck = must(isObject, 'an object')

/** Text that may be an expression. */
export const textOrExpression: FieldCheck = templateOf(must((value) => typeof value === 'string', 'a text'))

/** Value of a type, or an expression for it. */
export function orExpression(check: FieldCheck): FieldCheck {
  return (value, path) => (isExpression(value) ? template(value, path) : check(value, path))
}

/** Expressions, and texts that look like one. */
function isExpression(value: unknown): boolean {
  return typeof value === 'string' && value.trim().startsWith('{%')
}

export function listOf(check: FieldCheck): FieldCheck {
  return (value, path) => {
    if (!Array.isArray(value) || value.length === 0) return [`${path} must be a list with at least one element`]
    return value.flatMap((item, index) => check(item, `${path}/${index}`))
  }
}

export interface ObjectRules {
  readonly required?: readonly string[]
  /** Lists problems that concern several fields. */
  readonly also?: FieldCheck
}

/** Object with known fields only. */
export function fields(
  checks: Readonly<Record<string, FieldCheck>>,
  { required = [], also }: ObjectRules = {},
): FieldCheck {
  return (value, path) => {
    if (!isObject(value)) return [`${path} must be an object`]
    const prefix = path === '' ? '' : `${path}/`
    return [
      ...required.flatMap((name) => (value[name] === undefined ? [`${prefix}${name} is missing`] : [])),
      ...Object.entries(value).flatMap(([name, member]) => {
        const check = Object.hasOwn(checks, name) ? checks[name] : undefined
        return check ? check(member, `${prefix}${name}`) : [`${prefix}${name} ${describeUnknown(name)}`]
      }),
      ...(also?.(value, path) ?? []),
    ]
  }
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  Credentials: 'has no effect, because the local stack has no IAM',
  HeartbeatSeconds: 'is for callbacks, which do not run locally',
  Iterator: 'is the old name of ItemProcessor',
}

const JSONPATH_FIELDS = new Set(['And', 'Not', 'Or', 'Parameters', 'Result', 'ResultSelector', 'Variable'])

function describeUnknown(name: string): string {
  const known = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined
  if (known !== undefined) return known
  return name.endsWith('Path') || JSONPATH_FIELDS.has(name)
    ? 'belongs to JSONPath; only JSONata runs locally'
    : 'is not a field that runs locally'
}
