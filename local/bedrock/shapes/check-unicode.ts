import { findRules } from '@bedrock-functions/runtime/models'
import { type ConversationWording, unicodeMessages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { JsonValue } from './json.ts'

/** Escapes of lone surrogates in JSON text: a high one without a low one behind it, or a low one alone. */
const LONE_SURROGATE = /\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}/i

/**
 * Checks a body for lone surrogates, which many JSON parsers accept and models behind Bedrock refuse.
 * ValidationException with the message of the model's family.
 */
export function checkUnicode(
  body: JsonValue,
  bytes: Uint8Array,
  { requestedId }: Pick<Model, 'requestedId'>,
  wording: ConversationWording,
): void {
  const family = findRules(requestedId)?.family
  if (!['Claude', 'chat completions'].includes(family ?? '') || isWellFormed(body)) return
  const position = LONE_SURROGATE.exec(Buffer.from(bytes).toString('utf8'))?.index ?? 0
  const fact = family === 'Claude' ? unicodeMessages.claude(position) : unicodeMessages.others
  throw validationError(wording.fromModel(fact))
}

function isWellFormed(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Array.isArray(value)
    ? value.every(isWellFormed)
    : Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member))
}
