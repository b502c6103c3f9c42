import { MODEL_OPERATIONS, type Operation } from '../bedrock/operations.ts'
import { insertMember, type JsonEdit, setMember } from '../json/edit-json.ts'
import { isObject, type JsonDocument, type JsonValue } from '../json/json-document.ts'
import type { CallStage } from './stage.ts'

/** Entry of the request metadata with the caller. Bedrock writes it to its invocation logs. */
const ENTRY = 'caller'
/** Bedrock's limits for request metadata. Source: the service model of bedrock-runtime, RequestMetadata. */
const MAX_ENTRIES = 16
const MAX_VALUE_LENGTH = 256

const MEMBER = 'requestMetadata'
export const METADATA_HEADER = 'x-amzn-bedrock-request-metadata'

/**
 * Stage that adds the verified caller to the request metadata and replaces any value that the caller wrote. It does not name
 * unauthenticated callers, and does not change metadata that already has the maximum number of entries.
 */
export const nameCaller: CallStage = ({ operation, headers, caller }, document) => {
  const { metadata: location } = MODEL_OPERATIONS[operation] as Operation
  if (caller === undefined || location === undefined) return {}
  const value = caller.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, MAX_VALUE_LENGTH)
  if (location === 'body') return { edits: document ? nameInDocument(document, value) : [] }
  const metadata = addEntry(headers[METADATA_HEADER] ?? '{}', value)
  return metadata === undefined ? {} : { headers: { ...headers, [METADATA_HEADER]: metadata } }
}

function nameInDocument({ root }: JsonDocument, value: string): JsonEdit[] {
  const json = JSON.stringify(value)
  const metadata = root.getAll(MEMBER)
  if (metadata.length === 0) return [insertMember(root, MEMBER, `{"${ENTRY}":${json}}`)]
  // Each repeated member is edited, since parsers differ in which one they use.
  return metadata.flatMap((entries) => nameInMetadata(entries, json))
}

function nameInMetadata(entries: JsonValue, json: string): JsonEdit[] {
  // null means no metadata. Bedrock refuses any other value that is not an object.
  if (entries.kind === 'null') return [{ start: entries.start, end: entries.end, text: `{"${ENTRY}":${json}}` }]
  if (entries.kind !== 'object') return []
  const names = new Set(entries.members.map(({ name }) => name))
  return names.size < MAX_ENTRIES || names.has(ENTRY) ? setMember(entries, ENTRY, json) : []
}

/** @returns undefined for a header that Bedrock refuses, and for one with the maximum number of entries */
function addEntry(header: string, value: string): string | undefined {
  let metadata: unknown
  try {
    metadata = JSON.parse(header)
  } catch {
    return undefined
  }
  if (!isObject(metadata)) return undefined
  const named = { ...metadata, [ENTRY]: value }
  return Object.keys(named).length > MAX_ENTRIES ? undefined : JSON.stringify(named)
}
