/**
 * A JSON text as a tree of places in its bytes: what is looked at can be read, what is changed can be cut out, and all
 * else stays the caller's own bytes. Values are not built: a medium of megabytes costs one jump over it.
 */
export type JsonNode = JsonObjectNode | JsonArrayNode | JsonScalarNode

interface Place {
  /** Offset of its first byte. */
  readonly start: number
  /** Offset behind its last byte. */
  readonly end: number
}

export interface JsonObjectNode extends Place {
  readonly kind: 'object'
  /** In their order; a name may come twice. */
  readonly members: readonly JsonMember[]
}

export interface JsonMember extends Place {
  /** With its escapes resolved. */
  readonly name: string
  readonly value: JsonNode
}

export interface JsonArrayNode extends Place {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
}

export interface JsonScalarNode extends Place {
  /** `other`: a number, true, false or null. */
  readonly kind: 'string' | 'other'
}

/** As deep as Bedrock's own parser goes (Jackson's default). */
const MOST_LEVELS = 1_000

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

/** Thrown and caught in here. */
class NoJson extends Error {}

/** @returns undefined for what is no JSON; of numbers and words the spelling is not checked */
export function readJsonTree(bytes: Buffer): JsonNode | undefined {
  let position = bytes.toString('latin1', 0, 3) === BYTE_ORDER_MARK ? 3 : 0

  function peek(): number {
    while (isWhiteSpace(bytes[position])) position += 1
    return bytes[position] ?? -1
  }

  function take(expected: number): void {
    if (peek() !== expected) throw new NoJson()
    position += 1
  }

  function readValue(level: number): JsonNode {
    if (level > MOST_LEVELS) throw new NoJson()
    switch (peek()) {
      case OPEN_OBJECT:
        return readObject(level)
      case OPEN_ARRAY:
        return readArray(level)
      case QUOTE:
        return readString()
      default:
        return readOther()
    }
  }

  function readObject(level: number): JsonObjectNode {
    const members: JsonMember[] = []
    const start = position
    position += 1
    if (peek() === CLOSE_OBJECT) position += 1
    else {
      do {
        if (peek() !== QUOTE) throw new NoJson()
        const name = readString()
        take(COLON)
        const value = readValue(level + 1)
        members.push({ name: textOf(bytes, name), value, start: name.start, end: value.end })
      } while (goesOn(CLOSE_OBJECT))
    }
    return { kind: 'object', members, start, end: position }
  }

  function readArray(level: number): JsonArrayNode {
    const items: JsonNode[] = []
    const start = position
    position += 1
    if (peek() === CLOSE_ARRAY) position += 1
    else {
      do items.push(readValue(level + 1))
      while (goesOn(CLOSE_ARRAY))
    }
    return { kind: 'array', items, start, end: position }
  }

  function goesOn(closing: number): boolean {
    const next = peek()
    if (next !== COMMA && next !== closing) throw new NoJson()
    position += 1
    return next === COMMA
  }

  function readString(): JsonScalarNode {
    const start = position
    position = endOfString(bytes, start)
    return { kind: 'string', start, end: position }
  }

  function readOther(): JsonScalarNode {
    const start = position
    while (isWordByte(bytes[position])) position += 1
    if (position === start) throw new NoJson()
    return { kind: 'other', start, end: position }
  }

  try {
    const root = readValue(0)
    return peek() === -1 ? root : undefined
  } catch (error) {
    if (error instanceof NoJson || error instanceof SyntaxError) return undefined
    throw error
  }
}

export function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Letters, digits, and what else numbers have. */
function isWordByte(byte = 0): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}

/** Offset behind the quote that ends the string opened at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1)
  while (quote !== -1 && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1)
  if (quote === -1) throw new NoJson()
  return quote + 1
}

export function isEscaped(bytes: Buffer, index: number): boolean {
  let backslashes = 0
  while (bytes[index - 1 - backslashes] === BACKSLASH) backslashes += 1
  return backslashes % 2 === 1
}

/** A string's text; the empty text for any other node. */
export function textOf(bytes: Buffer, node: JsonNode | undefined): string {
  if (node?.kind !== 'string') return ''
  const inner = bytes.toString('utf8', node.start + 1, node.end - 1)
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner
}

/** The member's value; of several of one name the last, as parsers take it. undefined also for a null. */
export function memberOf(bytes: Buffer, node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined
  const value = node.members.findLast((member) => member.name === name)?.value
  return value === undefined || isNull(bytes, value) ? undefined : value
}

export function isNull(bytes: Buffer, { kind, start, end }: JsonNode): boolean {
  return kind === 'other' && bytes.toString('latin1', start, end) === 'null'
}

export function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === 'array' ? node.items : []
}

/** Bytes that a string stands for in base64, which some encoders write with escaped slashes. */
export function base64BytesOf(bytes: Buffer, node: JsonScalarNode): number {
  const inner = bytes.subarray(node.start + 1, node.end - 1)
  const length = inner.includes(BACKSLASH) ? textOf(bytes, node).length : inner.length
  const padding = /=*$/.exec(inner.toString('latin1', Math.max(0, inner.length - 2)))?.[0].length ?? 0
  return Math.floor(((length - padding) * 3) / 4)
}

/** One change of a document: these bytes instead of those from `start` to `end`. */
export interface Edit extends Place {
  readonly text: string | Uint8Array
}

/** The document with its edits, which do not overlap, and otherwise byte for byte the same. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Uint8Array[] = []
  let position = 0
  for (const { start, end, text } of edits.toSorted((one, other) => one.start - other.start)) {
    pieces.push(bytes.subarray(position, start), typeof text === 'string' ? Buffer.from(text) : text)
    position = end
  }
  return Buffer.concat([...pieces, bytes.subarray(position)])
}
