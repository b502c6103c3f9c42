import { isJsonObject, type JsonValue } from '../shapes/json.ts'
import { readString } from '../shapes/read-json.ts'

/** Reads the model's id from a body that is not checked yet; empty where it has none. */
export function readModelMember(body: Uint8Array, member: string): string {
  try {
    const document: JsonValue = JSON.parse(Buffer.from(body).toString())
    return isJsonObject(document) ? (readString(document[member]) ?? '') : ''
  } catch {
    return ''
  }
}
