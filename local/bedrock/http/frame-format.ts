import { encodeEvent, encodeException } from '@bedrock-functions/runtime/event-stream'
import type { StreamFormat } from '../operations/operation.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/**
 * Creates Bedrock's own format of a stream: frames, members in alphabetical order, with the padding `p`, which hides the
 * length of the text from observers of the traffic. The same `seed` gives the same lengths.
 */
export function createFrameFormat(seed: Buffer): StreamFormat {
  let state = seed.readUInt32LE(0) | 1
  const createPadding = (): string => {
    // Xorshift (Marsaglia 2003): the padding need not be unpredictable.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return PADDING.slice(0, 1 + ((state >>> 8) % PADDING.length))
  }
  return {
    contentType: 'application/vnd.amazon.eventstream',
    encode: ({ name, payload }) => encodeEvent(name, JSON.stringify(insertPadding(payload, createPadding()))),
    encodeError: (error) => encodeException(error.name, error.toDocument()),
  }
}

/** Inserts the padding. `payload` is already sorted; sorting it again would double the cost. */
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

/** Inverts the message checksum, the last four bytes of the frame. */
export function invertChecksum(frame: Buffer): void {
  const position = frame.length - 4
  frame.writeInt32BE(~frame.readInt32BE(position), position)
}
