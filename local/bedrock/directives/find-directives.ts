/** `[emulator:name]` or `[emulator:name=value]` in a text; the value ends at the first closing bracket. */
export interface FoundDirective {
  readonly name: string
  readonly value?: string
  readonly start: number
  /** Index after the closing bracket. */
  readonly end: number
}

const OPENING = '[emulator:'

/** In one pass, as prompts may be of 25 MB: an opening without a closing bracket is plain text. */
export function findDirectives(text: string): FoundDirective[] {
  const found: FoundDirective[] = []
  for (let start = text.indexOf(OPENING); start !== -1; start = text.indexOf(OPENING, start)) {
    const closing = text.indexOf(']', start)
    if (closing === -1) return found
    const [name = '', ...value] = text.slice(start + OPENING.length, closing).split('=')
    const end = closing + 1
    found.push({ name, start, end, ...(value.length > 0 && { value: value.join('=') }) })
    start = end
  }
  return found
}

/** What the model reads: the text without its directives. */
export function withoutDirectives(text: string): string {
  const directives = findDirectives(text)
  const kept = directives.map(({ start }, index) => text.slice(directives[index - 1]?.end ?? 0, start))
  return [...kept, text.slice(directives.at(-1)?.end ?? 0)].join('').trim()
}
