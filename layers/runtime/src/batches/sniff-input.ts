import type { ObjectStore } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'
import { asObject, isObject, readJsonIfAny } from '../json/json-document.ts'
import { type BatchFormat, type InvocationType, MAX_LINE_BYTES } from './batch.ts'
import { uriOf } from './find-files.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { isBlank } from './read-record.ts'

/** Contract of a file's records, by its first one. */
export interface SniffedInput {
  readonly format?: BatchFormat
  readonly type: InvocationType
}

/**
 * Finds out what the records of a file are, for a file that comes without a request. A file that is none of the contracts
 * counts as Bedrock's native bodies, and fails in the check of its lines.
 */
export async function sniffInput(store: ObjectStore, location: S3Location, versionId?: string): Promise<SniffedInput> {
  const chunks = readRange(store, location, { versionId })
  for await (const line of readLines(chunks, { file: uriOf(location), maxLineBytes: MAX_LINE_BYTES })) {
    if (isBlank(line)) continue
    const record = asObject(readJsonIfAny(line.bytes)?.root.parse())
    if (isObject(record.params)) return { format: 'anthropic', type: 'InvokeModel' }
    if (isObject(record.body)) return { format: 'openai', type: 'InvokeModel' }
    return { type: isConverse(asObject(record.modelInput)) ? 'Converse' : 'InvokeModel' }
  }
  return { type: 'InvokeModel' }
}

/** Contents of Converse have one member that names their kind; native contents have `type`, or are texts. */
function isConverse({ messages, schemaVersion }: Record<string, unknown>): boolean {
  const [message] = Array.isArray(messages) ? messages : []
  const [content] = Array.isArray(asObject(message).content) ? (asObject(message).content as unknown[]) : []
  return schemaVersion === undefined && isObject(content) && content.type === undefined
}
