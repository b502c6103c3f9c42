import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Clock } from '../../async-invoke/clock.ts'
import { deriveId } from '../../deterministic-model/hash-request.ts'
import { doorMessages as messages } from '../../messages.ts'
import type { JsonObject } from '../../shapes/json.ts'

/** A response that is kept, with the conversation up to its end. */
export interface StoredResponse {
  readonly response: JsonObject
  /** Items of the input and of all responses before it, then those of its output. */
  readonly items: readonly JsonObject[]
}

/** Responses of the emulator, in memory. */
export interface StoredResponses {
  /** Makes an id that no stored response has. The same requests in the same order get the same ids. */
  makeId(seed: Buffer): string
  keep(id: string, stored: StoredResponse): void
  /** ResourceNotFoundException for a response that is not there, for whatever reason. */
  get(id: string): StoredResponse
  /** ResourceNotFoundException as `get`. */
  delete(id: string): void
  /** Finds an item of a stored response. ResourceNotFoundException for an unknown one. */
  findItem(id: string): JsonObject
}

/** Source: Bedrock user guide, "How the Responses API stores conversation state". */
const RETENTION_MS = 30 * 24 * 3_600_000

/** Limit of responses; the oldest are dropped. */
const MAX_RESPONSES = 10_000

export function createStoredResponses(clock: Clock): StoredResponses {
  const kept = new Map<string, StoredResponse & { readonly until: number }>()

  function find(id: string): StoredResponse | undefined {
    const stored = kept.get(id)
    if (stored && stored.until <= clock.now()) kept.delete(id)
    return kept.get(id)
  }

  function get(id: string): StoredResponse {
    const stored = find(id)
    if (!stored) throw notFound(messages.responseUnknown(id))
    return stored
  }

  return {
    makeId(seed) {
      for (let number = 0; ; number++) {
        const id = `resp_${deriveId(seed, `response ${number}`)}`
        if (!find(id)) return id
      }
    },
    keep(id, stored) {
      kept.set(id, { ...stored, until: clock.now() + RETENTION_MS })
      const [oldest] = kept.keys()
      if (kept.size > MAX_RESPONSES && oldest !== undefined) kept.delete(oldest)
    },
    get,
    delete(id) {
      get(id)
      kept.delete(id)
    },
    findItem(id) {
      const items = [...kept.keys()].flatMap((one) => find(one)?.items ?? [])
      const item = items.find((one) => one.id === id)
      if (!item) throw notFound(messages.itemUnknown(id))
      return item
    },
  }
}

function notFound(message: string): BedrockError {
  return new BedrockError('ResourceNotFoundException', message)
}
