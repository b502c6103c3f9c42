import jsonata, { type Expression, type JsonataError } from 'jsonata'
import { queryEvaluationError, type TaskError } from '../task-error.ts'
import { createExactNumbers, type ExactNumbers, isExactNumber } from './exact-numbers.ts'
import { EXACT_NUMBERS, isFunction, registerFunctions } from './functions.ts'

/** Variables of a scope, without the `$` of their names. */
export type Variables = Readonly<Record<string, unknown>>

/** The reserved variable $states. Members that a field does not have are undefined in it. */
export interface StatesVariable {
  readonly input: unknown
  readonly context: unknown
  readonly result?: unknown
  readonly errorOutput?: unknown
}

/** Longest time of one evaluation. Expressions can loop without an end, and nothing else runs meanwhile. */
const MAX_EVALUATION_MS = 10_000

/** Text of an expression without its delimiters; undefined for any other value. */
export function expressionIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}')
    ? value.slice(2, -2).trim()
    : undefined
}

const compiled = new Map<string, Expression>()

/** Compiles an expression once. Throws a JsonataError for wrong syntax. */
export function compileExpression(text: string): Expression {
  const known = compiled.get(text)
  if (known) return known
  const expression = jsonata(text, { timeout: MAX_EVALUATION_MS })
  registerFunctions(expression)
  compiled.set(text, expression)
  return expression
}

/** Evaluates the fields of one state. */
export interface Scope {
  /**
   * Resolves to the value with each expression in it, at any depth, replaced by its result. An expression is evaluated once.
   *
   * @param field path for the messages, for example `Output/text`
   * @throws TaskError States.QueryEvaluationError for an expression that fails, or that yields nothing or a function
   */
  evaluate(value: unknown, field: string): Promise<unknown>
  /** Resolves to the value of a field that must have a certain type. */
  evaluateAs<Type extends keyof FieldTypes>(value: unknown, field: string, type: Type): Promise<FieldTypes[Type]>
}

/** Types of the fields that may be an expression. `integer` is at least 0. */
interface FieldTypes {
  readonly string: string
  readonly number: number
  readonly boolean: boolean
  readonly array: readonly unknown[]
  readonly object: Readonly<Record<string, unknown>>
  readonly integer: number
}

export function createScope(stateName: string, states: StatesVariable, variables: Variables): Scope {
  const numbers = createExactNumbers()
  const bindings = {
    ...(numbers.toExpression({ ...variables, states }) as Variables),
    [EXACT_NUMBERS]: numbers,
  }

  function failure(text: string, field: string, problem: string): TaskError {
    return queryEvaluationError(
      stateName,
      `The JSONata expression '${text}' specified for the field '${field}' ${problem}`,
    )
  }

  async function evaluateExpression(text: string, field: string): Promise<unknown> {
    const result = await run(text).catch((error: unknown) => {
      const { code, message } = error as JsonataError
      const name = code === undefined ? '' : `${code}: `
      throw failure(text, field, `threw an error during evaluation. ${name}${message}`)
    })
    if (result === undefined) throw failure(text, field, 'returned nothing (undefined).')
    try {
      return toDocument(result, numbers)
    } catch {
      throw failure(text, field, 'returned an unsupported result type.')
    }
  }

  async function run(text: string): Promise<unknown> {
    return await compileExpression(text).evaluate(undefined, bindings)
  }

  async function evaluate(value: unknown, field: string): Promise<unknown> {
    const text = expressionIn(value)
    if (text !== undefined) return await evaluateExpression(text, field)
    if (typeof value !== 'object' || value === null) return value
    const entries: [string, unknown][] = []
    for (const [name, member] of Object.entries(value)) {
      entries.push([name, await evaluate(member, `${field}/${name}`)])
    }
    return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries)
  }

  return {
    evaluate,
    async evaluateAs(value, field, type) {
      const evaluated = await evaluate(value, field)
      // The engine computes with these fields.
      const isComputed = type === 'integer' || type === 'number'
      const result = isComputed && isExactNumber(evaluated) ? Number(evaluated.rawJSON) : evaluated
      if (isOfType(result, type)) return result
      const text = expressionIn(value)
      const problem = `returned an unexpected result type. ${describeType(result, type)}`
      throw text === undefined ? typeError(stateName, result, field, type) : failure(text, field, problem)
    },
  }
}

/**
 * Checks the type of data, in which a text is never an expression.
 *
 * @throws TaskError States.QueryEvaluationError
 */
export function expectType<Type extends keyof FieldTypes>(
  stateName: string,
  value: unknown,
  field: string,
  type: Type,
): FieldTypes[Type] {
  if (isOfType(value, type)) return value
  throw typeError(stateName, value, field, type)
}

function typeError(stateName: string, value: unknown, field: string, type: string): TaskError {
  return queryEvaluationError(stateName, `The field '${field}' has an unexpected type. ${describeType(value, type)}`)
}

function describeType(value: unknown, type: string): string {
  return `Expected '${type}', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`
}

function isOfType<Type extends keyof FieldTypes>(value: unknown, type: Type): value is FieldTypes[Type] {
  if (type === 'integer') return Number.isInteger(value) && (value as number) >= 0
  return typeName(value) === type
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (isExactNumber(value)) return 'number'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * Copies a result of JSONata: its arrays have members of their own, and its numbers may stand for others. Throws for a function
 * at any depth.
 */
function toDocument(value: unknown, numbers: ExactNumbers): unknown {
  if (isFunction(value)) throw new TypeError('a function is not a document')
  if (typeof value === 'number') return numbers.restore(value)
  if (Array.isArray(value)) return value.map((item) => toDocument(item, numbers))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[name, toDocument(member, numbers)]],
    ),
  )
}
