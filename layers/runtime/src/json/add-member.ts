/** An object with at least one member begins so. */
const OPENING = /^\s*\{\s*(?=")/

/**
 * A JSON object with one member more at its beginning; every other byte stays as it is. What is no object with members
 * is given back.
 */
export function addMember(document: Uint8Array, name: string, value: unknown): Buffer {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength)
  const opening = OPENING.exec(bytes.subarray(0, 256).toString('latin1'))?.[0].length
  if (opening === undefined) return bytes
  const member = Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)},`)
  return Buffer.concat([bytes.subarray(0, opening), member, bytes.subarray(opening)])
}
