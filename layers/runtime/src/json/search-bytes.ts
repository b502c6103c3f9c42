import { isEscaped, isWhiteSpace } from './json-tree.ts'

const QUOTE = 0x22
const COLON = 0x3a

/**
 * Whether a JSON text may have a member of one of these names, by a search through its bytes. A text that only quotes a
 * name has a backslash in front of the second quote, and is not found.
 */
export function hasAnyName(bytes: Buffer, names: readonly string[]): boolean {
  return names.some((name) => bytes.includes(`"${name}"`))
}

/**
 * Whether a member's name is spelled with an escape: it could be any name. Every string with an escape is looked at once,
 * so that a long text full of them (as many encoders write what is not English) takes no longer than it is long.
 */
export function hasEscapedName(bytes: Buffer): boolean {
  let found = bytes.indexOf('\\u')
  while (found !== -1) {
    let quote = bytes.indexOf(QUOTE, found)
    while (quote !== -1 && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1)
    if (quote === -1) return false
    if (isFollowedByColon(bytes, quote + 1)) return true
    found = bytes.indexOf('\\u', quote)
  }
  return false
}

/** Whether the text stands somewhere as a value, and not only as a name. */
export function hasValue(bytes: Buffer, text: string): boolean {
  const quoted = `"${text}"`
  let found = bytes.indexOf(quoted)
  while (found !== -1) {
    if (!isFollowedByColon(bytes, found + quoted.length)) return true
    found = bytes.indexOf(quoted, found + quoted.length)
  }
  return false
}

function isFollowedByColon(bytes: Buffer, offset: number): boolean {
  let index = offset
  while (isWhiteSpace(bytes[index])) index += 1
  return bytes[index] === COLON
}
