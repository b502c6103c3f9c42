interface Lengths {
  readonly minimum: number
  readonly maximum: number
}

/** Most repetitions of a part that need not repeat. */
const MAX_REPEATS = 1_000

/** Characters of escaped classes. */
const CLASSES: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'a', W: '-', S: 'a', b: '', B: '' }
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** A part of a pattern: its text and how often it may repeat. */
interface Part {
  readonly text: string
  readonly least: number
  readonly most: number
}

/**
 * Makes the shortest text that has a regular expression of a JSON schema, longer if it must be. Look-around and back
 * references are not read.
 */
export function generateText(pattern: string, { minimum, maximum }: Lengths): string {
  const parts = new PatternReader(pattern).readAlternatives()
  const lengthOf = (repeats: readonly number[]): number =>
    parts.reduce((total, { text }, index) => total + text.length * (repeats[index] ?? 0), 0)
  const repeats = parts.map(({ least }) => least)
  for (const [index, { text, most }] of parts.entries()) {
    while (lengthOf(repeats) < minimum && text !== '' && (repeats[index] ?? 0) < Math.min(most, MAX_REPEATS)) {
      repeats[index] = (repeats[index] ?? 0) + 1
    }
  }
  const text = parts.map((part, index) => part.text.repeat(repeats[index] ?? 0)).join('')
  // A pattern without an end may be followed by anything.
  const longer = pattern.endsWith('$') ? text : text.padEnd(Math.min(minimum, MAX_REPEATS), '.')
  return longer.length > maximum ? longer.slice(0, maximum) : longer
}

/** Reads a regular expression from left to right, of alternatives only the first. */
class PatternReader {
  readonly #pattern: string
  #position = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** Reads up to the end of the group or pattern. */
  readAlternatives(): Part[] {
    const first = this.#readSequence()
    while (this.#peek() === '|') {
      this.#position += 1
      this.#readSequence()
    }
    return first
  }

  #readSequence(): Part[] {
    const parts: Part[] = []
    while (this.#position < this.#pattern.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const text = this.#readAtom()
      parts.push({ text, ...this.#readQuantifier() })
    }
    return parts
  }

  #readAtom(): string {
    const character = this.#next()
    switch (character) {
      case '^':
      case '$':
        return ''
      case '.':
        return 'a'
      case '[':
        return this.#readClass()
      case '(':
        return this.#readGroup()
      case '\\':
        return this.#readEscape()
      default:
        return character
    }
  }

  #readGroup(): string {
    const [prefix = ''] = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.#pattern.slice(this.#position)) ?? []
    this.#position += prefix.length
    const parts = this.readAlternatives()
    this.#position += 1
    const isLookAround = /[=!]$/.test(prefix)
    return isLookAround ? '' : parts.map(({ text, least }) => text.repeat(least)).join('')
  }

  /** Reads a class; returns one character of it, for a negated one a character that is not in it. */
  #readClass(): string {
    const isNegated = this.#peek() === '^'
    if (isNegated) this.#position += 1
    const start = this.#position
    let first: string | undefined
    while (this.#position < this.#pattern.length && (this.#peek() !== ']' || this.#position === start)) {
      const character = this.#next()
      const text = character === '\\' ? this.#readEscape() : character
      first ??= text
    }
    const body = this.#pattern.slice(start, this.#position)
    this.#position += 1
    if (!isNegated) return first ?? ''
    const excluded = new RegExp(`[${body}]`, 'u')
    return [...'aA1 -_'].find((candidate) => !excluded.test(candidate)) ?? '~'
  }

  #readEscape(): string {
    const character = this.#next()
    if (character === 'u' || character === 'x') {
      const length = character === 'u' ? 4 : 2
      const code = this.#pattern.slice(this.#position, this.#position + length)
      this.#position += length
      return String.fromCodePoint(Number.parseInt(code, 16) || 0x20)
    }
    if (character === 'p' || character === 'P') {
      const [property = ''] = /^\{[^}]*\}/.exec(this.#pattern.slice(this.#position)) ?? []
      this.#position += property.length
      return [...'aA1 .'].find((one) => new RegExp(`\\${character}${property}`, 'u').test(one)) ?? 'a'
    }
    return CLASSES[character] ?? CONTROLS[character] ?? character
  }

  #readQuantifier(): { least: number; most: number } {
    const [written = '', symbol = '', least = '', comma, most = ''] =
      /^(?:([*+?])|\{(\d{1,4})(,?)(\d{0,4})\})\??/.exec(this.#pattern.slice(this.#position)) ?? []
    this.#position += written.length
    if (written === '') return { least: 1, most: 1 }
    if (symbol === '?') return { least: 0, most: 1 }
    if (symbol !== '') return { least: symbol === '+' ? 1 : 0, most: MAX_REPEATS }
    const exact = Number(least)
    return { least: exact, most: comma === '' ? exact : Number(most || MAX_REPEATS) }
  }

  #peek(): string {
    return this.#pattern.charAt(this.#position)
  }

  #next(): string {
    const character = this.#peek()
    this.#position += 1
    return character
  }
}
