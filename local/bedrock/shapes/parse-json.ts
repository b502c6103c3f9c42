import { BedrockError } from '@bedrock-functions/runtime/core'
import { malformedInput } from '../messages.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** Limit of Bedrock's parser (Jackson's default), which keeps every recursion over a body shallow. */
export const MAX_NESTING = 1_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/**
 * Parses a body into a JSON object. ValidationException for invalid UTF-8, invalid JSON, another type than object, and more
 * than {@link MAX_NESTING} levels, which are counted before parsing.
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  if (exceedsNesting(bytes)) throw invalid(`the JSON is nested deeper than ${MAX_NESTING} levels`)
  const value = parse(decodeText(bytes))
  if (!isJsonObject(value)) throw invalid('the body is not a JSON object')
  return value
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('the body is not valid UTF-8')
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text)
  } catch {
    // The message of JSON.parse quotes the body, which may be a prompt.
    throw invalid('the body is not valid JSON')
  }
}

function invalid(fact: string): BedrockError {
  return new BedrockError('ValidationException', malformedInput(fact))
}

/** Tests whether JSON is nested deeper than {@link MAX_NESTING} levels. */
export function exceedsNesting(bytes: Uint8Array): boolean {
  let depth = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (byte === QUOTE) index = endOfString(bytes, index)
    else if (OPENING.has(byte)) depth++
    else if (CLOSING.has(byte)) depth--
    if (depth > MAX_NESTING) return true
  }
  return false
}

/** Finds the quote that closes the string at `start`. Jumps from quote to quote, because media are long strings. */
function endOfString(bytes: Uint8Array, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1)
  while (quote !== -1 && isEscaped(bytes, quote)) quote = bytes.indexOf(QUOTE, quote + 1)
  return quote === -1 ? bytes.length : quote
}

function isEscaped(bytes: Uint8Array, index: number): boolean {
  let backslashes = 0
  while (bytes[index - 1 - backslashes] === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}
