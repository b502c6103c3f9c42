import { findStart, isWhiteSpace, type JsonMember, type JsonValue, toBuffer } from './json-document.ts'

/** Change of a document: the text replaces the bytes from `start` to `end`. */
export interface JsonEdit {
  readonly start: number
  readonly end: number
  readonly text: string | Uint8Array
  /** Comma that a new member or item needs: before or after it, always or only next to another new one. */
  readonly comma?: { readonly side: 'before' | 'behind'; readonly always: boolean }
}

/** Inserts a member at the beginning of an object. `json` is the JSON text of its value. */
export function insertMember(object: JsonValue, name: string, json: string): JsonEdit {
  const start = object.start + 1
  const text = `${JSON.stringify(name)}:${json}`
  return { start, end: start, text, comma: { side: 'behind', always: !object.isEmpty } }
}

/**
 * Sets a member of an object: inserts it, or replaces its value. If the member is repeated, each value is replaced, since
 * parsers differ in which one they use.
 */
export function setMember(object: JsonValue, name: string, json: string): JsonEdit[] {
  const values = object.getAll(name)
  return values.length === 0 ? [insertMember(object, name, json)] : values.map((value) => replaceValue(value, json))
}

export function replaceValue({ start, end }: Pick<JsonValue, 'start' | 'end'>, text: string | Uint8Array): JsonEdit {
  return { start, end, text }
}

/** Gives a member another name. */
export function renameMember({ start, value }: JsonMember, name: string): JsonEdit {
  return { start, end: value.start, text: `${JSON.stringify(name)}:` }
}

/** Adds an item to the end of an array. */
export function appendItem(array: JsonValue, json: string): JsonEdit {
  const start = array.end - 1
  return { start, end: start, text: json, comma: { side: 'before', always: !array.isEmpty } }
}

/** Removes the members with these names. Do not combine it with an insertion into the same object. */
export function removeMembers({ members }: JsonValue, names: readonly string[]): JsonEdit[] {
  const parts = members.map(({ name, start, value }) => ({ start, end: value.end, isRemoved: names.includes(name) }))
  return removeParts(parts)
}

/** Removes items of an array. Do not combine it with an insertion into the same array. */
export function removeItems({ items }: JsonValue, isRemoved: (item: JsonValue) => boolean): JsonEdit[] {
  return removeParts(items.map((item) => ({ start: item.start, end: item.end, isRemoved: isRemoved(item) })))
}

interface Part {
  readonly start: number
  readonly end: number
  readonly isRemoved: boolean
}

function removeParts(parts: readonly Part[]): JsonEdit[] {
  const edits: JsonEdit[] = []
  let kept: Part | undefined
  for (let index = 0; index < parts.length; index += 1) {
    const first = parts[index] as Part
    if (!first.isRemoved) {
      kept = first
      continue
    }
    while (parts[index + 1]?.isRemoved) index += 1
    const next = parts[index + 1]
    const last = parts[index] as Part
    // Removes the comma before them, or the comma after them if no part before them is kept.
    const [start, end] = kept ? [kept.end, last.end] : [first.start, next?.start ?? last.end]
    edits.push({ start, end, text: '' })
  }
  return edits
}

/** Applies edits, which must not overlap. All other bytes stay the same. */
export function applyEdits(document: Uint8Array, edits: readonly JsonEdit[]): Buffer {
  const bytes = toBuffer(document)
  if (edits.length === 0) return bytes
  const pieces: (string | Uint8Array)[] = []
  let position = 0
  const sorted = edits.toSorted((one, other) => one.start - other.start)
  for (const [index, { start, end, text, comma }] of sorted.entries()) {
    pieces.push(bytes.subarray(position, start))
    const neighbours = { before: sorted[index - 1], behind: sorted[index + 1] }
    const needsComma = comma && (comma.always || neighbours[comma.side]?.start === start)
    if (needsComma && comma.side === 'before') pieces.push(',')
    pieces.push(text)
    if (needsComma && comma.side === 'behind') pieces.push(',')
    position = end
  }
  pieces.push(bytes.subarray(position))
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Inserts a member at the beginning of a JSON object without reading the object: for Bedrock's answers, which may have many
 * megabytes. Returns bytes that do not begin an object unchanged.
 */
export function prependMember(document: Uint8Array, name: string, json: string): Buffer {
  const bytes = toBuffer(document)
  const brace = skipWhiteSpace(bytes, findStart(bytes))
  if (bytes[brace] !== OPEN_OBJECT) return bytes
  const isEmpty = bytes[skipWhiteSpace(bytes, brace + 1)] === CLOSE_OBJECT
  const member = Buffer.from(`${JSON.stringify(name)}:${json}${isEmpty ? '' : ','}`)
  return Buffer.concat([bytes.subarray(0, brace + 1), member, bytes.subarray(brace + 1)])
}

function skipWhiteSpace(bytes: Buffer, start: number): number {
  let position = start
  while (isWhiteSpace(bytes[position])) position += 1
  return position
}
