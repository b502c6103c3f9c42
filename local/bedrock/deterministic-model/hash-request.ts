import { createHash } from 'node:crypto'
import type { ConversationRequest } from '../conversation/types.ts'

/** Hashes everything the model reads, so that the same request gives the same answer and ids. */
export function hashRequest(request: ConversationRequest): Buffer {
  const canonical = JSON.stringify(withHashedBytes(request), (key, value: unknown) =>
    key === 'path' ? undefined : value,
  )
  return createHash('sha256').update(canonical).digest()
}

/** Replaces bytes by their hash. In a replacer of JSON it would be too late: `toJSON` of a Buffer makes a list of its bytes. */
function withHashedBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return createHash('sha256').update(value).digest('hex')
  if (Array.isArray(value)) return value.map(withHashedBytes)
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withHashedBytes(member)]))
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Makes an id of 22 letters and digits, the length of Bedrock's tool-use and message ids. */
export function deriveId(hash: Buffer, purpose: string): string {
  const digest = createHash('sha256').update(hash).update(purpose).digest()
  return [...digest.subarray(0, 22)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** Picks one of `choices`, the same one for the same hash. */
export function pick<Choice>(choices: readonly [Choice, ...Choice[]], hash: Buffer): Choice {
  return choices[hash.readUInt32BE(0) % choices.length] ?? choices[0]
}
