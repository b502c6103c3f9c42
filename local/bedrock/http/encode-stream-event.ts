import { encodeEvent } from '@bedrock-functions/runtime/event-stream'
import type { StreamEvent } from '../operations/operation.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/**
 * Frames events as Bedrock does: members in alphabetical order, among them `p`, padding of a length that hides that of
 * the text from who counts bytes on the way. The same `seed` gives the same lengths.
 */
export function createEventEncoder(seed: Buffer): (event: StreamEvent) => Buffer {
  let state = seed.readUInt32LE(0) | 1
  return ({ name, payload }) => {
    // Xorshift (Marsaglia 2003): nothing here needs to be unpredictable.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const p = PADDING.slice(0, 1 + ((state >>> 8) % PADDING.length))
    return encodeEvent(name, JSON.stringify(insertPadding(payload, p)))
  }
}

/** `payload` comes in alphabetical order; sorting it once more would cost as much as all the rest. */
function insertPadding(payload: JsonObject, p: string): JsonObject {
  const padded: Record<string, JsonValue> = {}
  let isPlaced = false
  for (const [name, value] of Object.entries(payload)) {
    if (!isPlaced && name > 'p') {
      padded.p = p
      isPlaced = true
    }
    padded[name] = value
  }
  return isPlaced ? padded : { ...padded, p }
}

/** Turns over the message's checksum, the frame's last four bytes. */
export function spoilChecksum(frame: Buffer): void {
  const position = frame.length - 4
  frame.writeInt32BE(~frame.readInt32BE(position), position)
}
