import { createHash, createHmac } from 'node:crypto'

/** Key of the emulator's seals. It protects nothing: it only makes a changed seal visible. */
const KEY = 'bedrock-emulator'

const DIGEST_BYTES = 16
const MAC_BYTES = 32

/** Length of a seal. Those of Claude are longer. */
const SEAL_BYTES = 2 + DIGEST_BYTES + MAC_BYTES

/** Tag of a Protocol Buffers field with the number 2 and a length. Seals of Claude begin with it. */
const TAG = 0x12

/** Seals the text of a thinking block, as its `signature` or as the data of a redacted block. */
export function seal(text: string): string {
  const digest = digestText(text)
  return Buffer.concat([Buffer.from([TAG, DIGEST_BYTES + MAC_BYTES]), digest, authenticate(digest)]).toString('base64')
}

/**
 * Tests for a whole seal: one of the emulator, or one of the form of Claude's, so that conversations with Bedrock can
 * continue here.
 */
export function isSeal(sealed: string): boolean {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.toString('base64') !== sealed) return false
  if (bytes.length !== SEAL_BYTES) return bytes.length > SEAL_BYTES && bytes[0] === TAG && hasWholeFields(bytes)
  const digest = bytes.subarray(2, 2 + DIGEST_BYTES)
  return bytes[0] === TAG && bytes.subarray(2 + DIGEST_BYTES).equals(authenticate(digest))
}

/** Tests whether a seal of the emulator is of another text. */
export function sealsOtherText(sealed: string, text: string): boolean {
  const bytes = Buffer.from(sealed, 'base64')
  return bytes.length === SEAL_BYTES && !bytes.subarray(2, 2 + DIGEST_BYTES).equals(digestText(text))
}

function digestText(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, DIGEST_BYTES)
}

function authenticate(digest: Uint8Array): Buffer {
  return createHmac('sha256', KEY).update(digest).digest()
}

/** Tests whether the bytes are fields of Protocol Buffers up to their end. */
function hasWholeFields(bytes: Uint8Array): boolean {
  let position = 0
  while (position < bytes.length) {
    const tag = readVarint(bytes, position)
    const value = tag && readVarint(bytes, tag.end)
    const wireType = tag && tag.value % 8
    if (!value || (wireType !== 0 && wireType !== 2)) return false
    position = value.end + (wireType === 2 ? value.value : 0)
  }
  return position === bytes.length
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { value, end: start + index + 1 }
  }
  return undefined
}
