import { isObject } from './json-document.ts'

/**
 * Closes the text of a truncated JSON object: removes the incomplete part at its end and closes open brackets. Complete
 * members are not changed.
 *
 * @returns the text itself if it is a complete object; `{}` if it does not begin an object
 */
export function closeJson(text: string): string {
  if (isWholeObject(text)) return text
  if (!/^\s*\{/.test(text)) return '{}'
  /** Closing brackets of the open objects and arrays, the innermost last. */
  const open: string[] = []
  let closed = '{}'
  // A value is complete if a comma or a closing bracket follows it. The text can be cut there.
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

/** Brackets and commas outside of strings, complete strings, and a string without an end. */
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
