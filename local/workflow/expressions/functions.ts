import { createHash, randomUUID } from 'node:crypto'
import { parseExactly } from '@bedrock-functions/runtime/json'
import type { Environment, Expression, Focus } from 'jsonata'
import type { ExactNumbers } from './exact-numbers.ts'

/** Name under which an evaluation has its ExactNumbers. No expression can write this name. */
export const EXACT_NUMBERS = ' exact numbers'

const MAX_HASHED_CHARACTERS = 10_000

const HASHES = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const

const MAX_RANGE_ITEMS = 10_000_000

/**
 * Registers the functions that Step Functions adds to JSONata or changes, and removes $eval. Source: Step Functions developer
 * guide, "Transforming data with JSONata"; limits as of the intrinsic functions of the same purpose.
 */
export function registerFunctions(expression: Expression): void {
  expression.registerFunction('string', toText, '<x-b?:s>')
  expression.registerFunction('parse', parse, '<s-:x>')
  expression.registerFunction('uuid', () => randomUUID(), '<:s>')
  expression.registerFunction('random', random, '<n?:n>')
  expression.registerFunction('hash', hash, '<x-s:s>')
  expression.registerFunction('partition', partition, '<a-n:a<a>>')
  expression.registerFunction('range', range, '<nnn:a<n>>')
  expression.assign('eval', undefined)
}

function numbersOf(environment: Environment): ExactNumbers {
  return environment.lookup(EXACT_NUMBERS) as ExactNumbers
}

/** JSONata's $string, but large integers keep their digits. */
function toText(this: Focus, value: unknown, pretty = false): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  const numbers = numbersOf(this.environment)
  return stringify(value, numbers, pretty ? 2 : 0)
}

function stringify(value: unknown, numbers: ExactNumbers, indent = 0): string {
  const render = (_name: string, member: unknown): unknown => {
    if (isFunction(member)) return ''
    if (typeof member !== 'number') return member
    return Number.isInteger(member) ? numbers.restore(member) : Number(member.toPrecision(15))
  }
  return isFunction(value) ? '' : (JSON.stringify(value, render, indent) ?? '')
}

/** Tests for a function of JSONata. */
export function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  return '_jsonata_lambda' in value || '_jsonata_function' in value
}

function parse(this: Focus, text: string | undefined): unknown {
  if (text === undefined) return undefined
  return numbersOf(this.environment).toExpression(parseExactly(text))
}

/** Number from 0 to 1. The same seed gives the same number; Step Functions has another one for it. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random()
  return createHash('sha256').update(String(seed)).digest().readUIntBE(0, 6) / 2 ** 48
}

function hash(this: Focus, value: unknown, algorithm: string): string | undefined {
  if (value === undefined) return undefined
  if (!Object.hasOwn(HASHES, algorithm)) {
    throw new Error(`$hash: the algorithm is ${algorithm}, not one of ${Object.keys(HASHES).join(', ')}`)
  }
  const text = typeof value === 'string' ? value : stringify(value, numbersOf(this.environment))
  if (text.length > MAX_HASHED_CHARACTERS) {
    throw new Error(`$hash: the content has ${text.length} characters, the limit is ${MAX_HASHED_CHARACTERS}`)
  }
  return createHash(HASHES[algorithm as keyof typeof HASHES])
    .update(text)
    .digest('hex')
}

function partition(items: readonly unknown[] | undefined, size: number): unknown[][] | undefined {
  if (items === undefined) return undefined
  if (!Number.isInteger(size) || size < 1) throw new Error(`$partition: the size is ${size}, not a positive integer`)
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger)) throw new Error('$range: the arguments must be integers')
  if (step === 0) throw new Error('$range: the step must not be 0')
  const length = Math.max(0, Math.floor((last - first) / step) + 1)
  if (length > MAX_RANGE_ITEMS)
    throw new Error(`$range: the array has ${length} items, the limit is ${MAX_RANGE_ITEMS}`)
  return Array.from({ length }, (_, index) => first + index * step)
}
