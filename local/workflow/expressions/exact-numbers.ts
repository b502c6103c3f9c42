import { mayBeRounded } from '@bedrock-functions/runtime/json'

/** Members of JSON in Node 24 that TypeScript's es2024 does not declare. */
interface JsonWithSources {
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
  rawJSON(source: string): unknown
}

const { isRawJSON, rawJSON } = JSON as unknown as JsonWithSources

/** Tests for a number of a document that is held as it was written. */
export function isExactNumber(value: unknown): value is { readonly rawJSON: string } {
  return isRawJSON(value)
}

/**
 * Numbers of documents in expressions. Documents hold a number that JavaScript writes in another way as JSON.rawJSON. JSONata
 * has JavaScript's numbers only. In an expression a number that JavaScript rounds is the nearest free double, and becomes the
 * number as it was written wherever that double is in a result. A whole number with a fraction or an exponent, such as 10.0,
 * is written so in results, too, unless the document has the same number without them.
 */
export interface ExactNumbers {
  /** Copies a document for an expression. Documents without such numbers are not copied. */
  toExpression(document: unknown): unknown
  /** Number as it was written, for JSON.stringify; the value itself if it has no other form. */
  restore(value: number): unknown
}

/**
 * Whole numbers of those parts of documents in which JavaScript writes every number alike: states pass on what they got, and
 * no state changes a document.
 */
const plain = new WeakMap<object, ReadonlySet<number>>()

export function createExactNumbers(): ExactNumbers {
  const sources = new Map<number, string>()
  const written = new Set<number>()
  let found = 0

  function standIn(source: string): number {
    let value = Number(source)
    found += 1
    if (!mayBeRounded(value)) {
      if (Number.isInteger(value) && value !== 0) sources.set(value, source)
      return value
    }
    if (!Number.isFinite(value)) value = value > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE
    // Two numbers of a document may have the same nearest double.
    while ((sources.get(value) ?? source) !== source) value = towardsZero(value)
    sources.set(value, source)
    return value
  }

  /** Adds the whole numbers that JavaScript writes alike to `whole`. */
  function toExpression(document: unknown, whole: Set<number>): unknown {
    if (typeof document === 'number') {
      // A number that is its own double must not be mistaken for one that is rounded to it.
      if (mayBeRounded(document)) return standIn(String(document))
      if (Number.isInteger(document)) whole.add(document)
      return document
    }
    if (typeof document !== 'object' || document === null) return document
    if (isExactNumber(document)) return standIn(document.rawJSON)
    const own = plain.get(document)
    if (own) {
      for (const number of own) whole.add(number)
      return document
    }
    const foundBefore = found
    const numbers = new Set<number>()
    const mapped = mapMembers(document, (member) => toExpression(member, numbers))
    if (found === foundBefore) plain.set(document, numbers)
    for (const number of numbers) whole.add(number)
    return mapped
  }

  return {
    toExpression: (document) => toExpression(document, written),
    restore: (value) => {
      const source = sources.get(value)
      return source === undefined || written.has(value) ? value : rawJSON(source)
    },
  }
}

function towardsZero(value: number): number {
  return value - Math.sign(value) * 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52)
}

/** Maps the members of an object or array. Returns the value itself if no member changed. */
function mapMembers(value: object, map: (member: unknown) => unknown): object {
  const entries = Object.entries(value)
  const mapped = entries.map(([name, member]) => [name, map(member)] as const)
  if (mapped.every(([, member], index) => member === entries[index]?.[1])) return value
  return Array.isArray(value) ? mapped.map(([, member]) => member) : Object.fromEntries(mapped)
}
