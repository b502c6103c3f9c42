/** Longest prompt that is searched for calculations. */
const MAX_CHARACTERS = 20_000

/** Finds calculations in a prompt, as Python and most calculators read them: `3 * 12`, `2 ** 8`, `sqrt(144)`. */
export function findExpressions(prompt: string): string[] {
  const plain = prompt.slice(0, MAX_CHARACTERS).replaceAll('×', '*').replaceAll('÷', '/').replaceAll('−', '-')
  const roots = plain.match(/(?<=square root of )\d{1,15}(?:\.\d{1,15})?/gi) ?? []
  const terms = plain.match(/[(\d][\d\s.()+*/^%-]{0,200}[\d)]/g) ?? []
  // A date, a range and a telephone number are no calculations: their minus has no spaces.
  const calculations = terms.filter((term) => /\d\s*[+*/^%]+\s*[-\d(]|\d\s+-\s*[\d(]/.test(term))
  return [...roots.map((number) => `sqrt(${number})`), ...calculations.map((term) => term.trim())]
}

/** Calculates an expression; undefined for one that is malformed or has no finite result. */
export function evaluate(expression: string): number | undefined {
  const tokens = expression.replaceAll('^', '**').match(/\*\*|[-+*/%()]|\d+(?:\.\d+)?|sqrt/g) ?? []
  const reader = new ExpressionReader(tokens)
  const result = reader.readSum()
  return reader.isAtEnd && Number.isFinite(result) ? Number(result.toPrecision(15)) : undefined
}

/** Reads an expression by descent. A malformed part is NaN, which makes the whole NaN. */
class ExpressionReader {
  readonly #tokens: readonly string[]
  #position = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#position === this.#tokens.length
  }

  readSum(): number {
    let result = this.#readProduct()
    for (let sign = this.#take('+', '-'); sign; sign = this.#take('+', '-')) {
      const term = this.#readProduct()
      result = sign === '+' ? result + term : result - term
    }
    return result
  }

  #readProduct(): number {
    let result = this.#readPower()
    for (let sign = this.#take('*', '/', '%'); sign; sign = this.#take('*', '/', '%')) {
      const factor = this.#readPower()
      if (sign === '*') result *= factor
      else result = sign === '/' ? result / factor : result % factor
    }
    return result
  }

  #readPower(): number {
    if (this.#take('-')) return -this.#readPower()
    const base = this.#readAtom()
    return this.#take('**') ? base ** this.#readPower() : base
  }

  #readAtom(): number {
    const isRoot = this.#take('sqrt') !== undefined
    if (this.#take('(')) {
      const inner = this.readSum()
      if (!this.#take(')')) return Number.NaN
      return isRoot ? Math.sqrt(inner) : inner
    }
    const token = this.#tokens[this.#position] ?? ''
    if (isRoot || !/^\d/.test(token)) return Number.NaN
    this.#position += 1
    return Number(token)
  }

  /** Takes the next token if it is one of these. */
  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#position]
    if (token === undefined || !wanted.includes(token)) return undefined
    this.#position += 1
    return token
  }
}
