import { BedrockError } from '../core/errors.ts'

/** Where the value of a member of the outermost object stands in the bytes. */
export interface Member {
  readonly valueStart: number
  /** Behind the value's last byte. */
  readonly end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const [OPENING_BRACE, CLOSING_BRACE] = [0x7b, 0x7d]
const [OPENING_BRACKET, CLOSING_BRACKET] = [0x5b, 0x5d]

/**
 * Whether the document may have a member, at whatever depth, of one of the names: spelled plainly, or with escapes.
 * A name inside a text does not count, since the quotes around it are escaped there.
 */
export function mayName(bytes: Buffer, names: readonly string[]): boolean {
  return names.some((name) => bytes.includes(`"${name}"`)) || spellsLetters(bytes)
}

/**
 * Whether anywhere an escape stands for an ASCII letter or a hyphen, of which the names here consist. Nobody needs one,
 * while Python's clients escape every letter that is not ASCII: those are passed over.
 */
function spellsLetters(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('\\u00'); at >= 0; at = bytes.indexOf('\\u00', at + 4)) {
    const high = bytes[at + 4] ?? 0
    if (high >= 0x34 && high <= 0x37) return true
    if (high === 0x32 && ((bytes[at + 5] ?? 0) | 0x20) === 0x64) return true
  }
  return false
}

/**
 * A document that may name one of the members that decide on guardrails. Names that are given twice are refused, since
 * which of the two counts is each parser's own choice.
 *
 * @throws BedrockError ValidationException for what is not the text of one JSON object, and for repeated names
 */
export function parseDocument(bytes: Buffer): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(bytes.toString())
  } catch {
    // The parser's own message quotes the body, which may be a prompt.
    throw notReadable('is not valid JSON')
  }
  if (!isObject(document)) throw notReadable('is not a JSON object')
  if (countNames(document) !== countColons(bytes)) throw notReadable('gives a member of an object more than once')
  return document
}

/** Names in the whole document, each object's counted once; without recursion, however deep it is. */
function countNames(document: object): number {
  let names = 0
  const open: object[] = [document]
  for (let value = open.pop(); value; value = open.pop()) {
    const inner = Object.values(value)
    if (!Array.isArray(value)) names += inner.length
    for (const item of inner) if (typeof item === 'object' && item !== null) open.push(item)
  }
  return names
}

/** Colons outside of strings: one for each name, repeated ones too. */
function countColons(bytes: Buffer): number {
  let colons = 0
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === QUOTE) at = endOfString(bytes, at) - 1
    else if (bytes[at] === COLON) colons += 1
  }
  return colons
}

/** The outermost member of that name. The bytes must be a document that {@link parseDocument} has taken. */
export function findMember(bytes: Buffer, wanted: string): Member | undefined {
  let at = skipSpace(bytes, skipSpace(bytes, 0) + 1)
  while (bytes[at] === QUOTE) {
    const nameEnd = endOfString(bytes, at)
    const name = JSON.parse(bytes.toString('utf8', at, nameEnd))
    const colon = skipSpace(bytes, nameEnd)
    const valueStart = skipSpace(bytes, colon + 1)
    const end = endOfValue(bytes, valueStart)
    if (name === wanted) return { valueStart, end }
    at = skipSpace(bytes, end)
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1)
  }
  return undefined
}

/** The document with another value in a member's place; all other bytes are as they were. */
export function replaceValue(bytes: Buffer, { valueStart, end }: Member, value: unknown): Buffer {
  return Buffer.concat([bytes.subarray(0, valueStart), Buffer.from(JSON.stringify(value)), bytes.subarray(end)])
}

/**
 * The document with `member` (`"name":value`) before its others; undefined where the bytes do not begin as an object's
 * do.
 */
export function insertMember(bytes: Buffer, member: string): Buffer | undefined {
  const brace = skipSpace(bytes, 0)
  if (bytes[brace] !== OPENING_BRACE) return undefined
  const isEmpty = bytes[skipSpace(bytes, brace + 1)] === CLOSING_BRACE
  const rest = bytes.subarray(brace + 1)
  return Buffer.concat([bytes.subarray(0, brace + 1), Buffer.from(isEmpty ? member : `${member},`), rest])
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function notReadable(fact: string): BedrockError {
  return new BedrockError('ValidationException', `The body ${fact}.`)
}

function endOfValue(bytes: Buffer, start: number): number {
  let depth = 0
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = endOfString(bytes, at)
      if (depth === 0) return at
      continue
    }
    if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth += 1
    if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    }
    if (depth === 0 && (byte === COMMA || isSpace(byte))) return at
    at += 1
  }
  return at
}

/** Behind the closing quote: from quote to quote, as media are long strings. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1)
  while (quote >= 0) {
    let backslashes = 0
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return quote + 1
    quote = bytes.indexOf(QUOTE, quote + 1)
  }
  return bytes.length
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start
  while (isSpace(bytes[at])) at += 1
  return at
}

/** JSON's white space, and no other. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
