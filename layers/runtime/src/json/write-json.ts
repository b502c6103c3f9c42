/** JSON text in pieces, so that a large value is copied only once. */
export type JsonText = string | Uint8Array | readonly JsonText[]

/** Member of an object to write; undefined: the member is left out. */
export type WrittenMember = readonly [name: string, value: JsonText] | undefined

export function writeObject(members: readonly WrittenMember[]): JsonText {
  const written = members.filter((member) => member !== undefined)
  const pieces = written.map(
    ([name, value], index): JsonText => [`${index === 0 ? '' : ','}${JSON.stringify(name)}:`, value],
  )
  return ['{', ...pieces, '}']
}

export function writeArray(items: readonly JsonText[]): JsonText {
  return ['[', ...items.map((item, index): JsonText => (index === 0 ? item : [',', item])), ']']
}

/** Joins the pieces of a text into its bytes. */
export function joinJson(text: JsonText): Buffer {
  const pieces: Buffer[] = []
  const add = (part: JsonText): void => {
    if (typeof part === 'string') pieces.push(Buffer.from(part))
    else if (part instanceof Uint8Array) pieces.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength))
    else for (const inner of part) add(inner)
  }
  add(text)
  return Buffer.concat(pieces)
}
