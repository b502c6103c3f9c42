import { compileExpression, expressionIn } from '../expressions/expressions.ts'

/** Problem of a text that is an expression, or that looks like one; undefined if there is none. */
export function findExpressionProblem(value: string): string | undefined {
  const text = expressionIn(value)
  if (text === undefined) {
    const isMarked = value.trim().startsWith('{%')
    return isMarked ? 'begins with {% but does not end with %}, without spaces around it' : undefined
  }
  try {
    const tree = compileExpression(text).ast()
    return findOperatorProblem(tree, text) ?? findReferenceProblem(tree, true)
  } catch (error) {
    return `is not JSONata: ${(error as Error).message}`
  }
}

/** Operators after JSONata 2.0.6, the version of Step Functions. */
const NEWER_OPERATORS = new Set(['??', '?:'])

/** Finds an operator that Step Functions does not have. The package makes conditions of them, at the place of the operator. */
function findOperatorProblem(node: unknown, text: string): string | undefined {
  if (typeof node !== 'object' || node === null || node instanceof RegExp) return undefined
  const { type, position } = node as { readonly type?: string; readonly position?: number }
  const operator = position === undefined ? '' : text.slice(position - 2, position)
  if (type === 'condition' && NEWER_OPERATORS.has(operator)) {
    return `uses ${operator}, which JSONata 2.0.6 of Step Functions does not have`
  }
  return findFirst(Object.values(node), (part) => findOperatorProblem(part, text))
}

/** Parts of a node that are evaluated with another context: of `a[b]` the b, of `a{b: c}` both. */
const INNER_PARTS = new Set(['stages', 'predicate', 'group', 'terms', 'pattern', 'update', 'delete'])

/**
 * Finds the references that Step Functions refuses. The context of a whole expression is empty, so that names without a
 * variable, `$` and `$$` refer to nothing. Source: Step Functions developer guide, "Transforming data with JSONata".
 *
 * @param node part of the syntax tree of jsonata
 * @param isTop true where the context is that of the whole expression
 */
function findReferenceProblem(node: unknown, isTop: boolean): string | undefined {
  if (typeof node !== 'object' || node === null || node instanceof RegExp) return undefined
  if (Array.isArray(node)) return findFirst(node, (item) => findReferenceProblem(item, isTop))
  const { type, value } = node as { readonly type?: string; readonly value?: unknown }
  if (type === 'variable' && value === 'eval') return 'uses $eval, which Step Functions does not have; use $parse'
  if (isTop && type === 'variable' && (value === '' || value === '$')) {
    return `uses $${value} where there is no context; use $states.input`
  }
  if (isTop && type === 'name') return `uses the name ${value} where there is no context; use $states.input.${value}`
  if (isTop && (type === 'wildcard' || type === 'descendant')) return `uses ${value} where there is no context`
  return findFirst(Object.entries(node), ([name, part]) => {
    if (name === 'steps') return findStepProblem(part as readonly unknown[], isTop)
    return findReferenceProblem(part, isTop && !INNER_PARTS.has(name))
  })
}

/** The first step of a path has the context of the path, each other the result of the one before. */
function findStepProblem([first, ...rest]: readonly unknown[], isTop: boolean): string | undefined {
  return findReferenceProblem(first, isTop) ?? findReferenceProblem(rest, false)
}

function findFirst<Item>(items: readonly Item[], find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = find(item)
    if (problem !== undefined) return problem
  }
  return undefined
}
