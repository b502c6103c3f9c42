import { validationError } from './errors.ts'
import type { AttributeValue, Item } from './model.ts'
import { addDecimals, compareDecimals, type Decimal, parseDecimal, writeDecimal } from './numbers.ts'
import type { Comparator, Condition, Operand, UpdateAction } from './parse-expression.ts'

/** Tests an item; `{}` stands for one that does not exist. */
export function testCondition(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => testCondition(part, item))
    case 'or':
      return condition.parts.some((part) => testCondition(part, item))
    case 'not':
      return !testCondition(condition.part, item)
    case 'exists':
      return Object.hasOwn(item, condition.name)
    case 'beginsWith': {
      const [text, prefix] = [readOperand(condition.operand, item)?.S, readOperand(condition.prefix, item)?.S]
      return typeof text === 'string' && typeof prefix === 'string' && text.startsWith(prefix)
    }
    case 'between': {
      const { operand, least, most } = condition
      return compare('>=', operand, least, item) && compare('<=', operand, most, item)
    }
    case 'compare':
      return compare(condition.comparator, condition.left, condition.right, item)
  }
}

function compare(comparator: Comparator, leftOperand: Operand, rightOperand: Operand, item: Item): boolean {
  const [left, right] = [readOperand(leftOperand, item), readOperand(rightOperand, item)]
  // A missing attribute equals nothing.
  if (!left || !right) return comparator === '<>'
  const order = compareValues(left, right)
  if (comparator === '=') return order === 0
  if (comparator === '<>') return order !== 0
  if (order === undefined) return false
  if (comparator === '<') return order < 0
  if (comparator === '<=') return order <= 0
  return comparator === '>' ? order > 0 : order >= 0
}

/** Compares values of one type: numbers by value, text by its bytes. Returns undefined for values without an order. */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.N !== undefined && right.N !== undefined) return compareDecimals(numberOf(left), numberOf(right))
  if (typeof left.S === 'string' && typeof right.S === 'string') {
    return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S))
  }
  return JSON.stringify(left) === JSON.stringify(right) ? 0 : undefined
}

/** Returns the item after an update. All operands have the values before it. */
export function updateItem(item: Item, actions: readonly UpdateAction[]): Item {
  const updated: Record<string, AttributeValue> = { ...item }
  for (const action of actions) {
    const { name } = action
    if (action.kind === 'remove') delete updated[name]
    else if (action.kind === 'add') updated[name] = addNumber(item[name], action.value)
    else updated[name] = requireValue(action.operand, item)
  }
  return updated
}

function addNumber(present: AttributeValue | undefined, added: AttributeValue): AttributeValue {
  return { N: writeDecimal(addDecimals(numberOf(present ?? { N: '0' }), numberOf(added))) }
}

function requireValue(operand: Operand, item: Item): AttributeValue {
  const value = readOperand(operand, item)
  if (value) return value
  throw validationError('The provided expression refers to an attribute that does not exist in the item')
}

function readOperand(operand: Operand, item: Item): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return operand.value
    case 'attribute':
      return item[operand.name]
    case 'ifNotExists':
      return item[operand.name] ?? readOperand(operand.otherwise, item)
    case 'sum': {
      const right = numberOf(requireValue(operand.right, item))
      const signed = { ...right, units: BigInt(operand.sign) * right.units }
      return { N: writeDecimal(addDecimals(numberOf(requireValue(operand.left, item)), signed)) }
    }
  }
}

/** @throws ValidationException for another type than a number */
export function numberOf({ N: text }: AttributeValue): Decimal {
  const number = typeof text === 'string' ? parseDecimal(text) : undefined
  if (number) return number
  throw validationError('An operand in the expression has an incorrect data type: it is not a number')
}
