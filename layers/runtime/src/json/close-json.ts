import { isObject } from './json-document.ts'

/**
 * Closes the text of a JSON object that was cut off: what is incomplete at its end is left out, and what is open is closed.
 * Whole members stay as they are written.
 *
 * @returns the text itself where it is a whole object; `{}` where not even an object has begun
 */
export function closeJson(text: string): string {
  if (isWholeObject(text)) return text
  if (!/^\s*\{/.test(text)) return '{}'
  /** Closing brackets of what is open, the innermost last. */
  const open: string[] = []
  let closed = '{}'
  // A value is whole once a comma or a closing bracket follows: there the text can be cut.
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const end = index + token.length
    if (token === '{' || token === '[') {
      open.push(token === '{' ? '}' : ']')
      closed = text.slice(0, end) + closing(open)
    } else if (token === '}' || token === ']') {
      open.pop()
      closed = text.slice(0, end) + closing(open)
    } else if (token === ',') closed = text.slice(0, index) + closing(open)
  }
  return isWholeObject(closed) ? closed : '{}'
}

/** Brackets and commas outside of strings, whole strings, and one that has no end. */
const TOKENS = /[{}[\],]|"(?:[^"\\]|\\.)*(?:"|$)/gs

function closing(open: readonly string[]): string {
  return open.toReversed().join('')
}

function isWholeObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text))
  } catch {
    return false
  }
}
