import { isObject, type JsonObject } from '../../template/json.ts'
import type { EventDraft } from '../event.ts'
import type { EventBus } from '../event-bus.ts'
import { AwsJsonError } from './aws-json-error.ts'

/** Entries in one request. Source: EventBridge API Reference, PutEvents. */
const MAX_ENTRIES = 10

/**
 * Limit of all entries together, inclusive. Source: AWS What's New, January 2026, "Amazon EventBridge increases event
 * payload size from 256 KB to 1 MB".
 */
const MAX_TOTAL_BYTES = 1_048_576

/** Size of a time. Source: EventBridge User Guide, "Calculating PutEvents event entry size". */
const TIME_BYTES = 14

/** Error of one entry in the answer. */
interface EntryFailure {
  readonly ErrorCode: string
  readonly ErrorMessage: string
}

/**
 * Publishes each entry, in order. The answer has an id or an error for each entry; an id means that all targets have the
 * event. Events for an unknown bus are lost without an error, as in EventBridge (github.com/aws/aws-sdk/issues/186).
 * Rejects with a ValidationException when the request as a whole is invalid.
 */
export async function putEvents(input: JsonObject, bus: EventBus): Promise<object> {
  const entries = readEntries(input)
  const results: (EntryFailure | { EventId: string })[] = []
  for (const entry of entries) results.push(await putEntry(entry, bus))
  return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
}

function readEntries({ Entries }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(Entries) || !Entries.every(isObject)) throw invalid("Value at 'entries' must be a list of entries")
  if (Entries.length < 1 || Entries.length > MAX_ENTRIES) {
    const bound = Entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_ENTRIES}`
    throw invalid(`Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`)
  }
  const bytes = Entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
  if (bytes > MAX_TOTAL_BYTES) {
    throw new AwsJsonError('ValidationException', 'Total size of the entries in the request is over the limit.')
  }
  return Entries
}

function invalid(problem: string): AwsJsonError {
  return new AwsJsonError('ValidationException', `1 validation error detected: ${problem}`)
}

function entryBytes({ Time, Source, DetailType, Detail, Resources }: JsonObject): number {
  const texts = [Source, DetailType, Detail, ...(Array.isArray(Resources) ? Resources : [])]
  const bytes = texts.reduce((sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0), 0)
  return bytes + (Time === undefined ? 0 : TIME_BYTES)
}

async function putEntry(entry: JsonObject, bus: EventBus): Promise<EntryFailure | { EventId: string }> {
  const read = readEntry(entry)
  if ('ErrorCode' in read) return read
  try {
    return { EventId: await bus.publish(read, readBusName(entry.EventBusName)) }
  } catch (error) {
    return { ErrorCode: 'InternalFailure', ErrorMessage: error instanceof Error ? error.message : String(error) }
  }
}

function readEntry({ Source, DetailType, Detail, Resources = [], Time }: JsonObject): EventDraft | EntryFailure {
  if (typeof Source !== 'string' || Source === '') return missing('Source')
  if (typeof DetailType !== 'string' || DetailType === '') return missing('DetailType')
  if (typeof Detail !== 'string' || Detail === '') return missing('Detail')
  if (Source.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' }
  }
  const detail = parseDetail(Detail)
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  if (!Array.isArray(Resources) || !Resources.every((resource) => typeof resource === 'string')) {
    return wrong('Resources', 'Resources is not a list of strings.')
  }
  // The JSON protocols send times in seconds.
  const time = Time === undefined ? Date.now() : Number(Time) * 1000
  if (Number.isNaN(new Date(time).getTime())) return wrong('Time', 'Time is not a time.')
  return { source: Source, detailType: DetailType, detail, resources: Resources, time }
}

function missing(parameter: string): EntryFailure {
  return wrong(parameter, `${parameter} is a required argument.`)
}

function wrong(parameter: string, reason: string): EntryFailure {
  return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${reason}` }
}

function parseDetail(text: string): JsonObject | undefined {
  try {
    const detail: unknown = JSON.parse(text)
    return isObject(detail) ? detail : undefined
  } catch {
    return undefined
  }
}

/** Reads a bus name, or the name at the end of an ARN. */
function readBusName(name: unknown): string | undefined {
  return typeof name === 'string' && name !== '' ? name.slice(name.lastIndexOf('/') + 1) : undefined
}
