import { createId } from '../openai/ids.ts'

/** Form of the ids of this stack's responses, which tells them from Bedrock's own. */
const RESPONSE_ID = /^resp_bf[0-9a-f]{32}$/
const ITEM_ID = /^[a-z]+_(bf[0-9a-f]{32})[0-9a-f]{4}$/
const INDEX_DIGITS = 4

export function createResponseId(): string {
  return createId('resp_bf')
}

/** Tests whether this stack made the id of a response. */
export function isResponseId(id: string): boolean {
  return RESPONSE_ID.test(id)
}

/** Any id of a response, of this stack or of Bedrock, that is safe in a key. */
const ANY_ID = /^resp_[\w-]{1,200}$/

/** Tests whether Bedrock's own door made the id of a response. */
export function isBedrockResponseId(id: string): boolean {
  return mayBeResponseId(id) && !isResponseId(id)
}

/** Tests whether a text can be the id of a response of this stack or of Bedrock's own door. */
export function mayBeResponseId(id: string): boolean {
  return ANY_ID.test(id)
}

/**
 * Makes the id of an item. It contains the id of its response, so that a reference to it can be followed.
 *
 * @param index number of the item in its response, below 65,536
 */
export function toItemId(prefix: string, responseId: string, index: number): string {
  const digits = index.toString(16).padStart(INDEX_DIGITS, '0')
  return `${prefix}_${responseId.slice('resp_'.length)}${digits}`
}

/** Finds the response that an item belongs to; undefined: this stack did not make the id. */
export function responseIdOf(itemId: string): string | undefined {
  const [, id] = ITEM_ID.exec(itemId) ?? []
  return id === undefined ? undefined : `resp_${id}`
}
