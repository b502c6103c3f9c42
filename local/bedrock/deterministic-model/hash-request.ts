import { createHash } from 'node:crypto'
import type { ConversationRequest } from '../conversation/types.ts'

/** Hashes everything the model reads, so that the same request gives the same answer and ids. */
export function hashRequest(request: ConversationRequest): Buffer {
  const canonical = JSON.stringify(request, (key, value: unknown) => {
    if (key === 'path') return undefined
    return value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value
  })
  return createHash('sha256').update(canonical).digest()
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
