import type { ObjectStore } from '../core/object-store.ts'
import { type BatchFile, type BatchItem, type BatchRequest, MAX_LINE_BYTES } from './batch.ts'
import { uriOf } from './find-files.ts'
import { readLines } from './read-lines.ts'
import { readRange } from './read-range.ts'
import { isBlank, readRecord } from './read-record.ts'
import type { OpenRecord } from './record-contract.ts'

/** Reads the records of an item. */
export async function* readItem(
  item: BatchItem,
  file: BatchFile,
  { format }: BatchRequest,
  store: ObjectStore,
): AsyncGenerator<OpenRecord> {
  const name = uriOf(file)
  const range = { versionId: file.versionId, start: item.start, end: item.end }
  let index = item.first
  for await (const line of readLines(readRange(store, file, range), { file: name, maxLineBytes: MAX_LINE_BYTES })) {
    if (isBlank(line)) continue
    // The number of the line in its file makes the identifier of a record without one.
    yield { ...readRecord(name, { ...line, number: line.number + item.line - 1 }, format), index }
    index += 1
  }
}
