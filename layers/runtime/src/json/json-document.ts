import { isUtf8 } from 'node:buffer'
import { BedrockError } from '../core/errors.ts'

/** Limit of nesting, as in Bedrock's parser. Source: Jackson's default, StreamReadConstraints. */
export const MAX_JSON_LEVELS = 1_000

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'

const KINDS: readonly JsonKind[] = ['object', 'array', 'string', 'number', 'true', 'false', 'null']
const OBJECT = 0
const ARRAY = 1
const STRING = 2
const NUMBER = 3
const NULL = 6

/**
 * Numbers per node: kind, offset of the first byte, offset after the last byte, index of the next node after its content.
 */
const NODE_SIZE = 4
const MIN_NODES = 8
const MAX_FIRST_NODES = 256

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const END = -1
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf)

/**
 * JSON text with the byte offsets of its values. It is read once, in linear time. Values are decoded on demand. Edits change
 * only the bytes they name, so numbers, escapes, white space, and the order and repetition of members stay as they were
 * written.
 *
 * The text is UTF-8 (RFC 8259), with or without a byte order mark.
 */
export class JsonDocument {
  readonly bytes: Buffer
  readonly root: JsonValue
  readonly #names: NameFilter

  constructor(bytes: Buffer, nodes: Int32Array, names: NameFilter) {
    this.bytes = bytes
    this.root = new JsonValue(bytes, nodes, 0)
    this.#names = names
  }

  /**
   * Whether a member with one of these names may exist at any depth. Most names are ruled out by what the reader noted. The
   * bytes are searched for the others, which is much faster than a walk through the document. If a name is written with an
   * escape, the result is always true.
   */
  mayHaveMember(...names: readonly string[]): boolean {
    if (this.#names.hasEscape) return true
    return names.some((name) => this.#names.mayHave(name) && this.bytes.includes(`"${name}"`))
  }
}

/** Bits of a filter. With the names of most documents, few bits are set. */
const FILTER_BITS = 2048

/** Filter of the names of a document. It may also have a name that was not added. */
class NameFilter {
  hasEscape = false
  readonly #bits = new Uint8Array(FILTER_BITS / 8)

  /** Adds the name between two offsets. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const hash = hashName(bytes, start, end)
    if (hash === undefined) this.hasEscape = true
    else this.#bits[hash >> 3] = (this.#bits[hash >> 3] as number) | (1 << (hash & 7))
  }

  mayHave(name: string): boolean {
    const hash = hashName(Buffer.from(name), 0) as number
    return ((this.#bits[hash >> 3] as number) & (1 << (hash & 7))) !== 0
  }
}

/** Computes the bit of a name; undefined for a name that is written with an escape. */
function hashName(bytes: Uint8Array, start: number, end = bytes.length): number | undefined {
  let hash = 0
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position] as number
    if (byte === BACKSLASH) return undefined
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  return hash & (FILTER_BITS - 1)
}

export interface JsonMember {
  readonly name: string
  /** Offset of the first byte, the quote before the name. */
  readonly start: number
  readonly value: JsonValue
}

/** Value of a document. */
export class JsonValue {
  readonly #document: Buffer
  readonly #nodes: Int32Array
  readonly #index: number

  constructor(document: Buffer, nodes: Int32Array, index: number) {
    this.#document = document
    this.#nodes = nodes
    this.#index = index
  }

  get kind(): JsonKind {
    return KINDS[this.#field(this.#index, 0)] as JsonKind
  }

  /** Offset of the first byte in the document. */
  get start(): number {
    return this.#field(this.#index, 1)
  }

  /** Offset after the last byte. */
  get end(): number {
    return this.#field(this.#index, 2)
  }

  /** JSON text of the value, as it is written. */
  get bytes(): Buffer {
    return this.#document.subarray(this.start, this.end)
  }

  /** Decoded string; undefined for any other kind. */
  get text(): string | undefined {
    return this.#field(this.#index, 0) === STRING ? this.#decode(this.#index) : undefined
  }

  /** True if the value has neither members nor items. */
  get isEmpty(): boolean {
    return this.#field(this.#index, 3) === this.#index + 1
  }

  /** Members of an object in order, including repeated ones; empty for any other kind. */
  get members(): JsonMember[] {
    const members: JsonMember[] = []
    if (this.#field(this.#index, 0) !== OBJECT) return members
    const end = this.#field(this.#index, 3)
    for (let index = this.#index + 1; index < end; index = this.#field(index + 1, 3)) {
      const value = new JsonValue(this.#document, this.#nodes, index + 1)
      members.push({ name: this.#decode(index), start: this.#field(index, 1), value })
    }
    return members
  }

  /** Names of the members of an object, as strings of the document; empty for any other kind. */
  get names(): JsonValue[] {
    const names: JsonValue[] = []
    if (this.#field(this.#index, 0) !== OBJECT) return names
    const end = this.#field(this.#index, 3)
    for (let index = this.#index + 1; index < end; index = this.#field(index + 1, 3)) {
      names.push(new JsonValue(this.#document, this.#nodes, index))
    }
    return names
  }

  /** Items of an array; empty for any other kind. */
  get items(): JsonValue[] {
    const items: JsonValue[] = []
    if (this.#field(this.#index, 0) !== ARRAY) return items
    const end = this.#field(this.#index, 3)
    for (let index = this.#index + 1; index < end; index = this.#field(index, 3)) {
      items.push(new JsonValue(this.#document, this.#nodes, index))
    }
    return items
  }

  /**
   * Returns a member's value; the last one of a repeated member, as parsers do. undefined for null, which Bedrock ignores.
   */
  get(name: string): JsonValue | undefined {
    const value = this.getAll(name).at(-1)
    return value && this.#field(value.#index, 0) === NULL ? undefined : value
  }

  /** Returns the values of all members with this name in order, including nulls. */
  getAll(name: string): JsonValue[] {
    const values: JsonValue[] = []
    if (this.#field(this.#index, 0) !== OBJECT) return values
    const end = this.#field(this.#index, 3)
    for (let index = this.#index + 1; index < end; index = this.#field(index + 1, 3)) {
      if (this.#decode(index) === name) values.push(new JsonValue(this.#document, this.#nodes, index + 1))
    }
    return values
  }

  /** Returns the JavaScript value, which may round numbers. Use it for small parts that are not sent on. */
  parse(): unknown {
    return JSON.parse(this.bytes.toString())
  }

  /** Decodes the string at an index. */
  #decode(index: number): string {
    const [start, end] = [this.#field(index, 1), this.#field(index, 2)]
    const inner = this.#document.toString('utf8', start + 1, end - 1)
    return inner.includes('\\') ? decodeEscapes(inner) : inner
  }

  #field(index: number, field: number): number {
    return this.#nodes[index * NODE_SIZE + field] as number
  }
}

/** Decodes a string, and checks it: the reader does not check strings, since most are never decoded. */
function decodeEscapes(inner: string): string {
  try {
    return JSON.parse(`"${inner}"`)
  } catch {
    throw malformed('a string has a malformed escape or a control character')
  }
}

/** Returns the same bytes as a Buffer, without a copy. */
export function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/**
 * Reads a JSON document.
 *
 * @param what name of the bytes in error messages
 * @throws BedrockError ValidationException for bytes that are not JSON in UTF-8, or are nested deeper than
 *   {@link MAX_JSON_LEVELS}
 */
export function readJson(bytes: Uint8Array, what = 'the body'): JsonDocument {
  const document = readOrFail(bytes, what)
  if (document instanceof JsonDocument) return document
  throw malformed(`${what} is not JSON in UTF-8, see byte ${document.offset}`)
}

/** Reads a JSON document whose root is an object. Throws as `readJson` does. */
export function readJsonObject(bytes: Uint8Array, what = 'the body'): JsonDocument {
  const document = readJson(bytes, what)
  if (document.root.kind === 'object') return document
  throw malformed(`${what} is not a JSON object`)
}

/**
 * Reads bytes that may be JSON.
 *
 * @returns undefined for bytes that are not JSON in UTF-8
 * @throws BedrockError ValidationException for JSON that is nested deeper than {@link MAX_JSON_LEVELS}
 */
export function readJsonIfAny(bytes: Uint8Array, what = 'the body'): JsonDocument | undefined {
  const document = readOrFail(bytes, what)
  return document instanceof JsonDocument ? document : undefined
}

/** Creates the error for a refused document, in Bedrock's wording. */
export function malformed(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `Malformed input request: ${fact}, please reformat your input and try again.`,
  )
}

/** Error with the offset at which bytes are not JSON. It does not quote the bytes, which may be a prompt. */
class JsonSyntaxError extends Error {
  readonly offset: number

  constructor(offset: number) {
    super(`no JSON at byte ${offset}`)
    this.offset = offset
  }
}

function readOrFail(body: Uint8Array, what: string): JsonDocument | JsonSyntaxError {
  const bytes = toBuffer(body)
  // ASCII text in UTF-16 or UTF-32 is valid UTF-8 with NULs. JSON has no NULs (RFC 8259, section 7).
  const nul = bytes.indexOf(0)
  if (nul !== -1) return new JsonSyntaxError(nul)
  if (!isUtf8(bytes)) return new JsonSyntaxError(0)
  try {
    return new JsonReader(bytes, what).read()
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error
    throw error
  }
}

/** Reader that fills the nodes of a document in the order of the text. A member's name is the node before its value. */
class JsonReader {
  readonly #bytes: Buffer
  readonly #what: string
  #nodes: Int32Array
  #count = 0
  #position = 0
  readonly #names = new NameFilter()
  /** Indexes of the open objects and arrays. It replaces recursion. */
  readonly #open: number[] = []

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes
    this.#what = what
    // A small start: many small documents, the events of a stream, are in memory at once.
    const expected = Math.min(Math.max(bytes.length >> 4, MIN_NODES), MAX_FIRST_NODES)
    this.#nodes = new Int32Array(expected * NODE_SIZE)
  }

  read(): JsonDocument {
    this.#position = findStart(this.#bytes)
    let hasMore = true
    while (hasMore) hasMore = this.#readValue() || this.#readSeparators()
    if (this.#peek() !== END) throw new JsonSyntaxError(this.#position)
    return new JsonDocument(this.#bytes, this.#nodes, this.#names)
  }

  /** @returns true for an object or array that is not empty, whose first value follows */
  #readValue(): boolean {
    switch (this.#peek()) {
      case OPEN_OBJECT:
        return this.#openContainer(OBJECT, CLOSE_OBJECT)
      case OPEN_ARRAY:
        return this.#openContainer(ARRAY, CLOSE_ARRAY)
      case QUOTE:
        this.#readString()
        return false
      default:
        this.#readWord()
        return false
    }
  }

  #openContainer(kind: number, closing: number): boolean {
    const index = this.#beginNode(kind)
    this.#position += 1
    if (this.#peek() === closing) {
      this.#position += 1
      this.#endNode(index)
      return false
    }
    this.#open.push(index)
    if (this.#open.length > MAX_JSON_LEVELS) {
      throw malformed(`${this.#what} is nested deeper than ${MAX_JSON_LEVELS} levels`)
    }
    if (kind === OBJECT) this.#readName()
    return true
  }

  /** @returns true if another value follows, false after the outermost value */
  #readSeparators(): boolean {
    for (let index = this.#open.at(-1); index !== undefined; index = this.#open.at(-1)) {
      const isObject = this.#nodes[index * NODE_SIZE] === OBJECT
      const byte = this.#peek()
      if (byte !== COMMA && byte !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) throw new JsonSyntaxError(this.#position)
      this.#position += 1
      if (byte === COMMA) {
        if (isObject) this.#readName()
        return true
      }
      this.#open.pop()
      this.#endNode(index)
    }
    return false
  }

  #readName(): void {
    if (this.#peek() !== QUOTE) throw new JsonSyntaxError(this.#position)
    const start = this.#position
    this.#readString()
    this.#names.add(this.#bytes, start + 1, this.#position - 1)
    if (this.#peek() !== COLON) throw new JsonSyntaxError(this.#position)
    this.#position += 1
  }

  #readString(): void {
    const index = this.#beginNode(STRING)
    const end = findEndOfString(this.#bytes, this.#position)
    if (end === undefined) throw new JsonSyntaxError(this.#position)
    this.#position = end
    this.#endNode(index)
  }

  /** Reads a number, true, false or null. It checks only the characters of a number, not their order. */
  #readWord(): void {
    const start = this.#position
    let end = start
    while (isWordByte(this.#bytes[end])) end += 1
    const first = this.#bytes[start]
    const isNumber = isDigit(first) || (first === MINUS && isDigit(this.#bytes[start + 1]))
    const word = isNumber || end - start > MAX_WORD_LENGTH ? '' : this.#bytes.toString('latin1', start, end)
    const kind = isNumber ? NUMBER : KINDS.indexOf(word as JsonKind)
    if (kind < NUMBER) throw new JsonSyntaxError(start)
    const index = this.#beginNode(kind)
    this.#position = end
    this.#endNode(index)
  }

  #beginNode(kind: number): number {
    const index = this.#count
    this.#count += 1
    if (this.#count * NODE_SIZE > this.#nodes.length) {
      const larger = new Int32Array(2 * this.#nodes.length)
      larger.set(this.#nodes)
      this.#nodes = larger
    }
    this.#nodes[index * NODE_SIZE] = kind
    this.#nodes[index * NODE_SIZE + 1] = this.#position
    return index
  }

  #endNode(index: number): void {
    this.#nodes[index * NODE_SIZE + 2] = this.#position
    this.#nodes[index * NODE_SIZE + 3] = this.#count
  }

  /** Skips white space and returns the next byte, or END. */
  #peek(): number {
    while (isWhiteSpace(this.#bytes[this.#position])) this.#position += 1
    return this.#bytes[this.#position] ?? END
  }
}

/** Returns the offset after a byte order mark; 0 without one. */
export function findStart(bytes: Buffer): number {
  const { length } = BYTE_ORDER_MARK
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? length : 0
}

/** Returns JSON text without its byte order mark, which other parsers refuse (RFC 8259, section 8.1). */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(findStart(bytes))
}

const MAX_WORD_LENGTH = 'false'.length

/** Bytes of a string that are scanned one by one before the rest is searched. Most strings are shorter. */
const SCANNED_BYTES = 64

/**
 * Finds the end of a string in linear time.
 *
 * @param start offset of the opening quote
 * @returns the offset after the closing quote; undefined if there is none
 */
function findEndOfString(bytes: Buffer, start: number): number | undefined {
  let position = start + 1
  /** Offset of the next quote; -1 before the first search. */
  let quote = -1
  while (true) {
    // A scan is faster for short strings and many escapes, a search for long strings without escapes.
    const scannedTo = Math.min(position + SCANNED_BYTES, bytes.length)
    while (position < scannedTo) {
      const byte = bytes[position]
      if (byte === QUOTE) return position + 1
      position += byte === BACKSLASH ? 2 : 1
    }
    if (quote < position) quote = bytes.indexOf(QUOTE, position)
    if (quote === -1) return undefined
    const backslash = bytes.subarray(position, quote).indexOf(BACKSLASH)
    if (backslash === -1) return quote + 1
    position += backslash
  }
}

export function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9
}

/** Tests whether a byte may be in a number or a word: a letter, digit, sign or point. */
function isWordByte(byte = 0): boolean {
  const letter = byte | 0x20
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x7a) || byte === 0x2b || byte === MINUS || byte === 0x2e
}

/** JSON object with unknown members. */
export type PlainObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the value if it is an object, otherwise an empty object. */
export function asObject(value: unknown): PlainObject {
  return isObject(value) ? value : {}
}

/**
 * Parses bytes that should be a JSON object, for reading only: numbers may be rounded.
 *
 * @returns an empty object for other bytes
 */
export function parseObject(bytes: Uint8Array): PlainObject {
  try {
    return asObject(JSON.parse(toBuffer(bytes).toString()))
  } catch {
    return {}
  }
}
