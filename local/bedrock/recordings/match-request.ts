import { routeRequest } from '../http/route-request.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { exceedsNesting } from '../shapes/parse-json.ts'
import { readObject } from '../shapes/read-json.ts'
import { decodeText, parseJson } from './bodies.ts'
import { findEncodedBody } from './encoded-body.ts'
import { CONTRACT_HEADERS } from './headers.ts'
import { RECORDED_ACCOUNT } from './remove-secrets.ts'

/** A request without its secrets, from a client or from a file. */
export interface ComparedRequest {
  readonly method: string
  /** Raw path with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Members of StartAsyncInvoke that SDKs fill in with a new value for each call. */
const GENERATED_MEMBER = 'clientRequestToken'

/**
 * Describes what makes two requests the same: the operation, its path and query, the headers that are members of the request,
 * and the body. Members of objects are sorted.
 */
export function describeMeaning({ method, path, headers, body }: ComparedRequest): JsonObject {
  const [bare = ''] = path.split('?')
  const { name, labels } = routeRequest(method, bare)
  return sortMembers({
    operation: name,
    ...labels,
    query: Object.fromEntries(new URLSearchParams(path.slice(bare.length))),
    headers: Object.fromEntries(
      Object.entries(headers).filter(
        ([header]) =>
          CONTRACT_HEADERS.includes(header) || (header.startsWith('x-amzn-bedrock-') && !header.endsWith('-accept')),
      ),
    ),
    body: describeBody(name, body),
  }) as JsonObject
}

function describeBody(operation: string, bytes: Uint8Array): JsonValue {
  const text = decodeText(bytes)
  // Bedrock refuses deeper JSON, and recursion over it could fail.
  const json = text === undefined || exceedsNesting(bytes) ? undefined : parseJson(text)
  if (json === undefined) return text ?? Buffer.from(bytes).toString('base64')
  if (!isJsonObject(json)) return json
  if (operation === 'CountTokens') return describeEncodedBody(json)
  if (operation !== 'StartAsyncInvoke') return json
  const { [GENERATED_MEMBER]: _generated, ...rest } = json
  return rest
}

/** Decodes the native body that CountTokens has in base64, so that differences name its members. */
function describeEncodedBody(json: JsonObject): JsonObject {
  const encoded = findEncodedBody(json)
  if (encoded === undefined) return json
  const body = describeBody('InvokeModel', Buffer.from(encoded, 'base64'))
  const input = readObject(json.input)
  return { ...json, input: { ...input, invokeModel: { ...readObject(input?.invokeModel), body } } }
}

function sortMembers(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (!isJsonObject(value)) return value
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([name, member]) => [name, sortMembers(member)]))
}

const ACCOUNT_NUMBER = /(?<!\d)\d{12}(?!\d)/g

/** Returns the same text for requests that may differ in account numbers only. */
export function hideAccounts(meaning: string): string {
  return meaning.replace(ACCOUNT_NUMBER, RECORDED_ACCOUNT)
}

/** Tests whether a request is the recorded one. A removed account number stands for any number of twelve digits. */
export function isSameMeaning(recorded: string, asked: string): boolean {
  if (recorded === asked) return true
  const numbers = asked.match(ACCOUNT_NUMBER) ?? []
  return (
    hideAccounts(recorded) === hideAccounts(asked) &&
    (recorded.match(ACCOUNT_NUMBER) ?? []).every(
      (number, index) => number === RECORDED_ACCOUNT || number === numbers[index],
    )
  )
}
