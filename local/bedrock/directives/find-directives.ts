/**
 * A directive in a text: `[emulator:name]`, `[emulator:name=value]` or `[emulator:name@K]`. The value ends at the first
 * closing bracket. The value of the last form is `@K`.
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
  for (let start = text.indexOf(OPENING); start !== -1; start = text.indexOf(OPENING, start)) {
    const closing = text.indexOf(']', start)
    if (closing === -1) return found
    const content = text.slice(start + OPENING.length, closing)
    const [, name = content, value] = FORM.exec(content) ?? []
    const end = closing + 1
    found.push({ name, start, end, ...(value !== undefined && { value: value.replace(/^=/, '') }) })
    start = end
  }
  return found
}

/** Returns the text without its directives, for the model. */
export function removeDirectives(text: string): string {
  const directives = findDirectives(text)
  const kept = directives.map(({ start }, index) => text.slice(directives[index - 1]?.end ?? 0, start))
  return [...kept, text.slice(directives.at(-1)?.end ?? 0)].join('').trim()
}
