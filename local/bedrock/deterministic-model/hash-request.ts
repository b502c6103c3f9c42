import { createHash } from 'node:crypto'
import type { ConversationRequest } from '../conversation/types.ts'

/** A hash of everything the model reads: what makes the same request give the same answer, ids included. */
export function hashRequest(request: ConversationRequest): Buffer {
  const canonical = JSON.stringify(request, (key, value: unknown) => {
    if (key === 'path') return undefined
    return value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value
  })
  return createHash('sha256').update(canonical).digest()
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 22 letters and digits, the length of Bedrock's own tool-use and message ids. */
export function deriveId(hash: Buffer, purpose: string): string {
  const digest = createHash('sha256').update(hash).update(purpose).digest()
  return [...digest.subarray(0, 22)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** One of `choices`, the same one for the same hash. */
export function pick<Choice>(choices: readonly [Choice, ...Choice[]], hash: Buffer): Choice {
  return choices[hash.readUInt32BE(0) % choices.length] ?? choices[0]
}
