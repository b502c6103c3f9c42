import { MODEL_OPERATIONS } from '../bedrock/operations.ts'
import { insertMember, type JsonEdit, setMember } from '../json/edit-json.ts'
import { isObject, type JsonDocument, type JsonValue } from '../json/json-document.ts'
import type { CallStage } from './stage.ts'

/** The entry of Bedrock's request metadata that names the caller; Bedrock writes it into its own invocation logs. */
const ENTRY = 'caller'
/** Bedrock's limits for request metadata. Source: the service model of bedrock-runtime, RequestMetadata. */
const MAX_ENTRIES = 16
const MAX_VALUE_LENGTH = 256

const MEMBER = 'requestMetadata'
export const METADATA_HEADER = 'x-amzn-bedrock-request-metadata'

/**
 * Puts the verified caller into the request's metadata, in place of any value that the caller wrote there. Unauthenticated
 * callers are not named. Metadata that has no room for one more entry stays as it is.
 */
export const nameCaller: CallStage = ({ operation, headers, caller }, document) => {
  if (caller === undefined) return {}
  const value = caller.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, MAX_VALUE_LENGTH)
  if (MODEL_OPERATIONS[operation].metadata === 'body') return { edits: document ? nameInDocument(document, value) : [] }
  const metadata = addEntry(headers[METADATA_HEADER] ?? '{}', value)
  return metadata === undefined ? {} : { headers: { ...headers, [METADATA_HEADER]: metadata } }
}

function nameInDocument({ root }: JsonDocument, value: string): JsonEdit[] {
  const json = JSON.stringify(value)
  const metadata = root.getAll(MEMBER)
  if (metadata.length === 0) return [insertMember(root, MEMBER, `{"${ENTRY}":${json}}`)]
  // Of a repeated member each is edited, since which of them counts is a parser's own choice.
  return metadata.flatMap((entries) => nameInMetadata(entries, json))
}

function nameInMetadata(entries: JsonValue, json: string): JsonEdit[] {
  // null is no metadata. Any other value that is not an object is for Bedrock to refuse.
  if (entries.kind === 'null') return [{ start: entries.start, end: entries.end, text: `{"${ENTRY}":${json}}` }]
  if (entries.kind !== 'object') return []
  const names = new Set(entries.members.map(({ name }) => name))
  return names.size < MAX_ENTRIES || names.has(ENTRY) ? setMember(entries, ENTRY, json) : []
}

/** @returns undefined for a header that Bedrock will refuse, and for one without room */
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
