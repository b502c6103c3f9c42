import { validationError } from './errors.ts'
import type { AttributeValue } from './model.ts'

/** Attribute, value or function of an expression. */
export type Operand =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'ifNotExists'; readonly name: string; readonly otherwise: Operand }
  | { readonly kind: 'sum'; readonly sign: 1 | -1; readonly left: Operand; readonly right: Operand }

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly least: Operand; readonly most: Operand }
  | { readonly kind: 'exists'; readonly name: string }
  | { readonly kind: 'beginsWith'; readonly operand: Operand; readonly prefix: Operand }

export type UpdateAction =
  | { readonly kind: 'set'; readonly name: string; readonly operand: Operand }
  | { readonly kind: 'add'; readonly name: string; readonly value: AttributeValue }
  | { readonly kind: 'remove'; readonly name: string }

/** Members of a request that an expression refers to. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, AttributeValue>>
}

/**
 * Parses a condition with top-level attributes: comparisons, BETWEEN, attribute_exists, attribute_not_exists, begins_with,
 * AND, OR, NOT and parentheses.
 */
export function parseCondition(text: string, placeholders: Placeholders): Condition {
  const parser = new ExpressionParser(text, placeholders)
  const condition = parser.condition()
  parser.end()
  return condition
}

/** Parses an update of top-level attributes: SET with sums and if_not_exists, ADD of numbers, REMOVE. */
export function parseUpdate(text: string, placeholders: Placeholders): UpdateAction[] {
  return new ExpressionParser(text, placeholders).update()
}

const TOKENS = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),+-]))/y

class ExpressionParser {
  readonly #text: string
  readonly #placeholders: Placeholders
  readonly #tokens: string[] = []
  #next = 0

  constructor(text: string, placeholders: Placeholders) {
    this.#text = text
    this.#placeholders = placeholders
    TOKENS.lastIndex = 0
    let end = 0
    for (let found = TOKENS.exec(text); found; found = TOKENS.exec(text)) {
      this.#tokens.push(found[1] ?? found[2] ?? '')
      end = TOKENS.lastIndex
    }
    if (text.slice(end).trim() !== '') throw this.#fault(`it has "${text.slice(end).trim().slice(0, 20)}"`)
  }

  condition(): Condition {
    return this.#joined('OR', () => this.#joined('AND', () => this.#negated()))
  }

  update(): UpdateAction[] {
    const actions: UpdateAction[] = []
    while (this.#next < this.#tokens.length) {
      const clause = this.#take().toUpperCase()
      do actions.push(this.#action(clause))
      while (this.#takeIf(','))
    }
    if (actions.length === 0) throw this.#fault('it is empty')
    return actions
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw this.#fault(`"${this.#tokens[this.#next]}" is not expected`)
  }

  #action(clause: string): UpdateAction {
    const name = this.#attribute()
    if (clause === 'REMOVE') return { kind: 'remove', name }
    if (clause === 'ADD') return { kind: 'add', name, value: this.#value(this.#take()) }
    if (clause !== 'SET') throw this.#fault(`the local stack does not support ${clause}`)
    this.#require('=')
    const left = this.#operand()
    const sign = this.#takeIf('+') ? 1 : this.#takeIf('-') ? -1 : undefined
    return { kind: 'set', name, operand: sign ? { kind: 'sum', sign, left, right: this.#operand() } : left }
  }

  #joined(word: 'AND' | 'OR', part: () => Condition): Condition {
    const parts = [part()]
    while (this.#takeIf(word)) parts.push(part())
    const [first] = parts
    return parts.length === 1 && first ? first : { kind: word === 'AND' ? 'and' : 'or', parts }
  }

  #negated(): Condition {
    if (this.#takeIf('NOT')) return { kind: 'not', part: this.#negated() }
    if (this.#takeIf('(')) {
      const inner = this.condition()
      this.#require(')')
      return inner
    }
    return this.#functionCondition() ?? this.#comparison()
  }

  #functionCondition(): Condition | undefined {
    if (this.#tokens[this.#next + 1] !== '(') return undefined
    const name = this.#take()
    this.#require('(')
    const condition = this.#functionOf(name)
    this.#require(')')
    return condition
  }

  #functionOf(name: string): Condition {
    if (name === 'attribute_exists') return { kind: 'exists', name: this.#attribute() }
    if (name === 'attribute_not_exists') return { kind: 'not', part: { kind: 'exists', name: this.#attribute() } }
    if (name !== 'begins_with') throw this.#fault(`the local stack does not support the function ${name}`)
    const operand = this.#operand()
    this.#require(',')
    return { kind: 'beginsWith', operand, prefix: this.#operand() }
  }

  #comparison(): Condition {
    const left = this.#operand()
    if (this.#takeIf('BETWEEN')) {
      const least = this.#operand()
      this.#require('AND')
      return { kind: 'between', operand: left, least, most: this.#operand() }
    }
    const comparator = this.#take()
    if (!/^(=|<>|<|<=|>|>=)$/.test(comparator)) throw this.#fault(`"${comparator}" is not a comparator`)
    return { kind: 'compare', comparator: comparator as Comparator, left, right: this.#operand() }
  }

  #operand(): Operand {
    const token = this.#take()
    if (token.startsWith(':')) return { kind: 'value', value: this.#value(token) }
    if (token !== 'if_not_exists') return { kind: 'attribute', name: this.#nameOf(token) }
    this.#require('(')
    const name = this.#attribute()
    this.#require(',')
    const otherwise = this.#operand()
    this.#require(')')
    return { kind: 'ifNotExists', name, otherwise }
  }

  #attribute(): string {
    return this.#nameOf(this.#take())
  }

  #nameOf(token: string): string {
    if (!token.startsWith('#')) {
      if (/^[A-Za-z_]/.test(token)) return token
      throw this.#fault(`"${token}" is not an attribute`)
    }
    const name = this.#placeholders.names[token]
    if (name === undefined) throw this.#fault(`an expression attribute name is not defined: ${token}`)
    return name
  }

  #value(token: string): AttributeValue {
    const value = this.#placeholders.values[token]
    if (value === undefined) throw this.#fault(`an expression attribute value is not defined: ${token}`)
    return value
  }

  #take(): string {
    const token = this.#tokens[this.#next]
    if (token === undefined) throw this.#fault('it ends too early')
    this.#next += 1
    return token
  }

  #takeIf(word: string): boolean {
    if (this.#tokens[this.#next]?.toUpperCase() !== word) return false
    this.#next += 1
    return true
  }

  #require(word: string): void {
    if (!this.#takeIf(word)) throw this.#fault(`${word} is missing`)
  }

  #fault(what: string): Error {
    return validationError(`Invalid expression "${this.#text}": ${what}`)
  }
}
