/**
 * A directive in a text: `[emulator:name]`, `[emulator:name=value]` or `[emulator:name@K]`. The value ends at the first
 * closing bracket after the JSON object, if it has one. The value of the last form is `@K`.
 */
export interface FoundDirective {
  readonly name: string
  readonly value?: string
  readonly start: number
  /** Index after the closing bracket. */
  readonly end: number
}

const OPENING = '[emulator:'

const FORM = /^([^=@]*)([=@].*)$/s

/** Finds directives in one pass, because prompts may have 25 MB. Without a closing bracket the text is plain. */
export function findDirectives(text: string): FoundDirective[] {
  const found: FoundDirective[] = []
  const findClosing = createClosingFinder(text)
  for (let start = text.indexOf(OPENING); start !== -1; start = text.indexOf(OPENING, start)) {
    const closing = findClosing(start + OPENING.length)
    if (closing === -1) return found
    const content = text.slice(start + OPENING.length, closing)
    const [, name = content, value] = FORM.exec(content) ?? []
    const end = closing + 1
    found.push({ name, start, end, ...(value !== undefined && { value: value.replace(/^=/, '') }) })
    start = end
  }
  return found
}

const TOOL = 'tool='

/**
 * Creates a finder of the bracket that closes a directive. The JSON of a tool's input may have brackets of its own. After an
 * object without an end no other is searched for, so that one pass is enough.
 */
function createClosingFinder(text: string): (start: number) => number {
  let hasOpenObject = false
  return (start) => {
    const first = text.indexOf(']', start)
    if (hasOpenObject || first === -1 || !text.startsWith(TOOL, start)) return first
    const brace = text.slice(start, first).indexOf('{')
    if (brace === -1) return first
    const end = findObjectEnd(text, start + brace)
    hasOpenObject = end === -1
    return hasOpenObject ? first : text.indexOf(']', end)
  }
}

/** Returns the index after a JSON object, -1 where the object has no end. */
function findObjectEnd(text: string, start: number): number {
  let depth = 0
  let isInString = false
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (isInString && character === '\\') index += 1
    else if (character === '"') isInString = !isInString
    else if (!isInString && character === '{') depth += 1
    else if (!isInString && character === '}') {
      depth -= 1
      if (depth === 0) return index + 1
    }
  }
  return -1
}

/** Returns the text without its directives, for the model. */
export function removeDirectives(text: string): string {
  const directives = findDirectives(text)
  const kept = directives.map(({ start }, index) => text.slice(directives[index - 1]?.end ?? 0, start))
  return [...kept, text.slice(directives.at(-1)?.end ?? 0)].join('').trim()
}
