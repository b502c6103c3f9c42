import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, joinJson, writeArray, writeObject } from '../../json/write-json.ts'
import { toItemId } from './ids.ts'

/** Ids that a request refers to. */
export interface StoredReferences {
  readonly previousResponseId: string | undefined
  /** Ids of items. */
  readonly itemIds: readonly string[]
}

/** Reads what a request refers to, which a store must find. */
export function readReferences(root: JsonValue): StoredReferences {
  const items = root.get('input')?.items ?? []
  return {
    previousResponseId: root.get('previous_response_id')?.text,
    itemIds: items.flatMap((item) => (isReference(item) ? (item.get('id')?.text ?? []) : [])),
  }
}

function isReference(item: JsonValue): boolean {
  const type = item.get('type')?.text
  return type === 'item_reference' || (type === undefined && item.get('role') === undefined)
}

/**
 * Writes the whole input of a response for its store: the history, and the items of the request. References become their
 * items, a text becomes a message, and each item has an id.
 */
export function writeInput(
  root: JsonValue,
  responseId: string,
  history: readonly JsonValue[],
  references: ReadonlyMap<string, JsonValue>,
): Buffer {
  const input = root.get('input')
  const own = (input?.items ?? []).map((item) =>
    isReference(item) ? (references.get(item.get('id')?.text ?? '') ?? item) : item,
  )
  const items: JsonText[] = [...history.map(({ bytes }) => bytes)]
  for (const item of own) items.push(withId(item, responseId, items.length))
  if (input?.kind === 'string') items.push(writeMessage(input, responseId, items.length))
  return joinJson(writeArray(items))
}

function withId(item: JsonValue, responseId: string, index: number): JsonText {
  if (item.get('id')) return item.bytes
  const id = JSON.stringify(toItemId('in', responseId, index))
  const members = item.members.filter(({ name }) => name !== 'id')
  const type = item.get('type') ? undefined : (['type', '"message"'] as const)
  return writeObject([['id', id], type, ...members.map(({ name, value }) => [name, value.bytes] as const)])
}

function writeMessage(text: JsonValue, responseId: string, index: number): JsonText {
  const part = writeObject([
    ['type', '"input_text"'],
    ['text', text.bytes],
  ])
  return writeObject([
    ['id', JSON.stringify(toItemId('in', responseId, index))],
    ['type', '"message"'],
    ['role', '"user"'],
    ['status', '"completed"'],
    ['content', writeArray([part])],
  ])
}
