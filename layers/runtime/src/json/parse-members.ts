import { isObject, type PlainObject, parseObject, toBuffer } from './json-document.ts'

/** Shorter documents are parsed at once. */
const MIN_BYTES = 16_384

/**
 * Parses some members of bytes that should be a JSON object, for reading only. Bedrock writes these members after a large one,
 * the answer of the model. So the document is parsed from the first of them, if what follows proves that this one is a member
 * of the root: it closes the root and nothing else. Otherwise the whole document is parsed.
 *
 * @returns an object that may have other members, too; empty if the bytes do not end as a JSON object
 */
export function parseMembers(bytes: Uint8Array, names: readonly string[]): PlainObject {
  if (bytes.length < MIN_BYTES) return parseObject(bytes)
  const document = toBuffer(bytes)
  // The last place of a name: the texts of the answer come before it, and quotes in them have a backslash.
  const found = names.flatMap((name) => {
    const start = document.lastIndexOf(`"${name}"`)
    return start === -1 ? [] : [{ name, start }]
  })
  const first = Math.min(...found.map(({ start }) => start))
  if (first > document.length / 2 && first < document.length) {
    const tail = parseTail(document, first)
    if (tail && found.every(({ name }) => Object.hasOwn(tail, name))) return tail
  }
  return parseObject(bytes)
}

function parseTail(document: Buffer, start: number): PlainObject | undefined {
  try {
    const tail: unknown = JSON.parse(`{${document.toString('utf8', start)}`)
    return isObject(tail) ? tail : undefined
  } catch {
    return undefined
  }
}
