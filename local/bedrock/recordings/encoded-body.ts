import type { JsonValue } from '../shapes/json.ts'
import { readObject, readString } from '../shapes/read-json.ts'
import { decodeText, parseJson } from './bodies.ts'
import type { SecretRemover } from './remove-secrets.ts'

/** Finds the native body of a model, in base64, in the document of CountTokens. */
export function findEncodedBody(document: JsonValue | undefined): string | undefined {
  const input = readObject(readObject(document)?.input)
  return readString(readObject(input?.invokeModel)?.body)
}

/** Removes secrets from the body of a request, and from the native body that CountTokens has in base64. */
export function cleanRequestBody(operation: string, body: Uint8Array, secrets: SecretRemover): Buffer {
  const text = operation === 'CountTokens' ? decodeText(body) : undefined
  const encoded = text === undefined ? undefined : findEncodedBody(parseJson(text))
  return encoded === undefined ? secrets.removeFromBytes(body) : secrets.removeFromEncoded(body, encoded)
}
