import { BedrockError } from '@bedrock-functions/runtime/core'

/** Far deeper than any request, and far from where writing it as JSON again runs out of stack. */
const MOST_LEVELS = 500

/** @throws BedrockError ValidationException for what is no JSON object, or nested too deeply */
export function parseDocument(body: Uint8Array, what = 'The body'): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new BedrockError('ValidationException', `${what} is not JSON.`)
  }
  if (!isDocument(document)) throw new BedrockError('ValidationException', `${what} is not a JSON object.`)
  if (!isDeeper(document, MOST_LEVELS)) return document
  throw new BedrockError('ValidationException', `${what} is nested more than ${MOST_LEVELS} levels deep.`)
}

/** Level by level, since the call stack is what must not run out. */
function isDeeper(document: unknown, levels: number): boolean {
  let level: unknown[] = [document]
  for (let depth = 0; depth <= levels && level.length > 0; depth += 1) {
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return level.length > 0
}

export function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
