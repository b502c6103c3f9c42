import { createHash, type Hash } from 'node:crypto'
import type { JsonValue } from './json-document.ts'

/**
 * Hashes documents independently of the order of members, white space and escapes. Numbers are compared as they are written:
 * 1.0 differs from 1, and large integers are not rounded.
 *
 * @param parts documents, bytes, and plain text
 * @returns SHA-256 in hexadecimal
 */
export function hashJson(...parts: readonly (JsonValue | Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    if (typeof part === 'string') addText(hash, 'text', part)
    else if (part instanceof Uint8Array) hash.update(`bytes ${part.length}:`).update(part)
    else addValue(hash, part)
  }
  return hash.digest('hex')
}

/** Adds a value. Recursion is safe, since the depth of documents is limited. */
function addValue(hash: Hash, value: JsonValue): void {
  const { kind, text, members, items } = value
  if (text !== undefined) addText(hash, kind, text)
  else if (kind === 'object') {
    hash.update(`object ${members.length}:`)
    const sorted = members.toSorted((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)))
    for (const member of sorted) {
      addText(hash, 'name', member.name)
      addValue(hash, member.value)
    }
  } else if (kind === 'array') {
    hash.update(`array ${items.length}:`)
    for (const item of items) addValue(hash, item)
  } else addText(hash, kind, value.bytes.toString('latin1'))
}

function addText(hash: Hash, kind: string, text: string): void {
  hash.update(`${kind} ${text.length}:${text}`)
}

/** Returns members of an object, sorted by name, as parts for `hashJson`. */
export function sortedMembers({ members }: JsonValue, without: readonly string[]): (JsonValue | string)[] {
  return members
    .filter(({ name }) => !without.includes(name))
    .sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)))
    .flatMap(({ name, value }) => [name, value])
}
